// A session with the client that OpenAPI Generator's `typescript-fetch` makes: node session.js BASE_URL LATER_URL,
// sign-ups in SIGN_UPS. LATER_URL is a service of a later release, with values that this client does not know.
import assert from "node:assert/strict";
import {
  Configuration,
  DiscoveryApi,
  type ErrorEnvelope,
  ErrorEnvelopeFromJSON,
  ResponseError,
  type SignIn,
  type SignUp,
  SignUpApi,
  SignUpFromJSON,
  SocialAccountApi,
  TokenApi,
  UserApi,
} from "./tandem/index.js";

const [, , basePath = "", laterPath = ""] = process.argv;
const bodies: Record<string, unknown> = JSON.parse(process.env["SIGN_UPS"] ?? "{}");
const signUp = (name: string): SignUp => SignUpFromJSON(bodies[name]);

let accessToken: string | null = null;
const configured = (basePath: string) => new Configuration({ basePath, accessToken: () => accessToken ?? "" });
const configuration = configured(basePath);
const signUps = new SignUpApi(configuration);

async function refusal(call: Promise<unknown>, status: number): Promise<ErrorEnvelope> {
  const error: unknown = await call.then(() => assert.fail("the call succeeded"), (reason) => reason);
  assert.ok(error instanceof ResponseError, String(error));
  assert.equal(error.response.status, status);
  return ErrorEnvelopeFromJSON(await error.response.json());
}

const providers = await new DiscoveryApi(configuration).listProviders();
assert.ok(providers.objects.some(({ name }) => name === "facebook"));

const created: SignIn = await signUps.signUp({ signUp: signUp("mine") });
assert.equal(created.outcome, "created");
assert.ok(created.tokenExpiresAt instanceof Date);
accessToken = created.token;
const linked = await signUps.signUp({ signUp: signUp("more") });
assert.deepEqual([linked.outcome, linked.id, linked.token, linked.tokenExpiresAt], ["linked", created.id, null, null]);
assert.equal((await new UserApi(configuration).getUser({ id: created.id })).username, created.username);
const accounts = new SocialAccountApi(configuration);
const { objects, meta } = await accounts.listSocialAccounts({ limit: 1 });
assert.deepEqual([objects.length, meta.totalCount, meta.previous], [1, 2, null]);

const missing = await refusal(signUps.signUp({ signUp: { provider: "facebook" } }), 400);
assert.deepEqual(missing.fields, { access_token: ["This field is required."] });
await new TokenApi(configuration).deleteCurrentToken();
assert.equal((await refusal(new UserApi(configuration).listUsers(), 401)).code, "invalid_credentials");

accessToken = null;
const later = new SignUpApi(configured(laterPath));
assert.equal((await later.signUp({ signUp: signUp("mine") })).outcome, "outcome_of_a_later_release");
assert.equal((await refusal(later.signUp({ signUp: signUp("refused") }), 400)).code, "code_of_a_later_release");
console.log(`session passed: ${basePath}`);
