// A session with the client that OpenAPI Generator's `kotlin` makes: SessionKt BASE_URL LATER_URL, sign-ups in SIGN_UPS.
// LATER_URL is a service of a later release, with values that this client does not know.
import kotlinx.serialization.builtins.MapSerializer
import kotlinx.serialization.builtins.serializer
import tandem.apis.DiscoveryApi
import tandem.apis.SignUpApi
import tandem.apis.SocialAccountApi
import tandem.apis.TokenApi
import tandem.apis.UserApi
import tandem.infrastructure.ApiClient
import tandem.infrastructure.ClientError
import tandem.infrastructure.ClientException
import tandem.infrastructure.Serializer
import tandem.models.ErrorEnvelope
import tandem.models.SignUp

fun refusal(status: Int, call: () -> Any): ErrorEnvelope {
    val error = runCatching(call).exceptionOrNull() as ClientException
    check(error.statusCode == status) { "${error.statusCode}: ${error.message}" }
    val body = (error.response as ClientError<*>).body as String
    return Serializer.kotlinxSerializationJson.decodeFromString(ErrorEnvelope.serializer(), body)
}

fun main(arguments: Array<String>) {
    val (baseUrl, laterUrl) = arguments
    // A field that is not set is left out: the API takes no null for it.
    Serializer.kotlinxSerializationJsonConfiguration = { explicitNulls = false }
    val bodies = MapSerializer(String.serializer(), SignUp.serializer())
    val signUps = Serializer.kotlinxSerializationJson.decodeFromString(bodies, System.getenv("SIGN_UPS"))
    val api = SignUpApi(baseUrl)

    check(DiscoveryApi(baseUrl).listProviders(limit = null, offset = null).objects.any { it.name == "facebook" })
    val created = api.signUp(signUps.getValue("mine"))
    check(created.outcome == "created") { created }
    checkNotNull(created.tokenExpiresAt)
    ApiClient.accessToken = created.token
    val linked = api.signUp(signUps.getValue("more"))
    check(listOf(linked.outcome, linked.id, linked.token) == listOf("linked", created.id, null)) { linked }
    check(UserApi(baseUrl).getUser(created.id).username == created.username)
    val page = SocialAccountApi(baseUrl).listSocialAccounts(limit = 1)
    check(listOf(page.objects.size, page.meta.totalCount, page.meta.previous) == listOf(1, 2, null)) { page }

    val missing = refusal(400) { api.signUp(SignUp(provider = "facebook")) }
    check(missing.fields == mapOf("access_token" to listOf("This field is required."))) { missing }
    TokenApi(baseUrl).deleteCurrentToken()
    check(refusal(401) { UserApi(baseUrl).listUsers() }.code == "invalid_credentials")

    ApiClient.accessToken = null
    val later = SignUpApi(laterUrl)
    check(later.signUp(signUps.getValue("mine")).outcome == "outcome_of_a_later_release")
    check(refusal(400) { later.signUp(signUps.getValue("refused")) }.code == "code_of_a_later_release")
    println("session passed: $baseUrl")
}
