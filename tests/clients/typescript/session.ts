// A session in TypeScript, with types generated from openapi.yaml: node session.js BASE_URL, sign-ups in SIGN_UPS.
import assert from "node:assert/strict";
import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "./schema.js";

type SignUp = components["schemas"]["SignUp"];
type ApiError = components["schemas"]["ErrorEnvelope"];
const [, , baseUrl = ""] = process.argv;
type Coded = Required<Pick<SignUp, "provider" | "code" | "code_verifier" | "redirect_uri">>;
const { mine, again, more, theirs, coded }: Record<"mine" | "again" | "more" | "theirs", SignUp> & { coded: Coded } =
  JSON.parse(process.env["SIGN_UPS"] ?? "{}");

let token: string | null = null;
const credentials: Middleware = {
  onRequest({ request }) {
    if (token !== null) request.headers.set("Authorization", `Bearer ${token}`);
    return request;
  },
};
const api = createClient<paths>({ baseUrl });
api.use(credentials);

function failed(answer: { error?: ApiError; response: Response }, status: number, code: string): ApiError {
  assert.equal(answer.response.status, status);
  assert.ok(answer.error);
  assert.equal(answer.error.code, code);
  return answer.error;
}
function given<T>(answer: { data?: T; error?: ApiError; response: Response }, status: number): T {
  assert.equal(answer.response.status, status, answer.error?.errors ?? "");
  return answer.data as T;
}

const providers = given(await api.GET("/provider/"), 200);
const twitter = providers.objects.find(({ name }) => name === "twitter");
assert.deepEqual(twitter?.accepts[0], ["access_token", "access_token_secret"]);

const created = given(await api.POST("/social_sign_up/", { body: mine }), 201);
assert.equal(created.outcome, "created");
const known = given(await api.POST("/social_sign_up/", { body: again }), 201);
assert.deepEqual([known.outcome, known.id], ["signed_in", created.id]);
// Fields that the credential does not need are ignored, so one structure can be sent for all providers.
const unused: SignUp = { ...theirs, access_token_secret: null, code_verifier: null, redirect_uri: "" };
given(await api.POST("/social_sign_up/", { body: unused }), 201);
assert.equal(given(await api.POST("/social_sign_up/", { body: coded }), 201).outcome, "created");
failed(await api.POST("/social_sign_up/", { body: coded }), 400, "token_rejected");

token = known.token;
const me = given(await api.GET("/user/{id}/", { params: { path: { id: created.id } } }), 200);
assert.deepEqual(given(await api.GET("/user/"), 200).objects, [me]);

const linked = given(await api.POST("/social_sign_up/", { body: more }), 201);
assert.deepEqual([linked.outcome, linked.id, linked.token], ["linked", created.id, null]);
const page = given(await api.GET("/social_account/", { params: { query: { limit: 1, offset: 1 } } }), 200);
assert.deepEqual([page.meta.total_count, page.meta.next], [2, null]);
const [first, second] = given(await api.GET("/social_account/"), 200).objects;
assert.ok(first && second);
assert.deepEqual(page.objects, [second]);
const shown = await api.GET("/social_account/{id}/", { params: { path: { id: second.id } } });
assert.deepEqual(given(shown, 200), second);

const inUse = failed(await api.POST("/social_sign_up/", { body: theirs }), 400, "account_in_use");
assert.equal(inUse.errors, "That social media account is already in use");
const missing = failed(await api.POST("/social_sign_up/", { body: { provider: "facebook" } }), 400, "invalid_request");
assert.deepEqual(missing.fields, { access_token: ["This field is required."] });

given(await api.DELETE("/social_account/{id}/", { params: { path: { id: first.id } } }), 204);
const last = await api.DELETE("/social_account/{id}/", { params: { path: { id: second.id } } });
failed(last, 409, "last_login_method");
failed(await api.GET("/social_account/{id}/", { params: { path: { id: first.id } } }), 404, "not_found");

const tokens = given(await api.GET("/token/"), 200).objects;
assert.deepEqual(tokens.map(({ current }) => current), [false, true]);
given(await api.DELETE("/token/current/"), 204);
failed(await api.DELETE("/token/"), 401, "invalid_credentials");
failed(await api.GET("/user/"), 401, "invalid_credentials");

// The types are not `any`: the compiler must report each of these.
// @ts-expect-error - a sign-up names its provider
const nameless: SignUp = { access_token: "x" };
// @ts-expect-error - the path does not exist
void (() => api.GET("/nowhere/"));
// @ts-expect-error - an id is a number
const odd: typeof me.id = "seven";
// Providers and codes are strings: the compiler accepts new ones.
const tomorrow: [SignUp["provider"], ApiError["code"]] = ["a-new-one", "a_new_code"];
console.log(`${[nameless, odd, tomorrow].length} types, session passed: ${baseUrl}`);
