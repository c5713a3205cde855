/** The endpoints of the API about who may use it, and about who did what. */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import * as AccessSchema from "./AccessSchema.ts"

const about = (summary: string) => OpenApi.annotations({ summary })

export const keys = HttpApiGroup.make("keys")
  .add(HttpApiEndpoint.get("listKeys", "/v1/keys").addSuccess(AccessSchema.Keys).annotateContext(about("List the API keys")))
  .add(
    HttpApiEndpoint.post("createKey", "/v1/keys").setPayload(AccessSchema.KeyRequest).addSuccess(AccessSchema.CreatedKey, { status: 201 })
      .annotateContext(
        OpenApi.annotations({
          summary: "Create an API key; the answer holds its secret, once",
          description:
            "The secret is stored nowhere. So the same request under the same `Idempotency-Key` creates nothing, and gets 409 with the id of the key. If the first answer was lost, revoke the key and create another one. Names are given once, so the request may be repeated without an `Idempotency-Key`, too."
        })
      )
  )
  .add(
    HttpApiEndpoint.del("revokeKey", "/v1/keys/:id").setPath(Schema.Struct({ id: Schema.NonEmptyString })).annotateContext(
      about("Revoke an API key for good; every process refuses it within 5 seconds")
    )
  )

/** The sign-in needs no key, so it is not among the others. */
export const signIn = HttpApiGroup.make("signIn")
  .add(
    HttpApiEndpoint.post("signIn", "/v1/session").setPayload(AccessSchema.SignInRequest).addSuccess(AccessSchema.SessionRecord)
      .annotateContext(
        OpenApi.annotations({
          summary: "Begin a session of a browser, with an API key or with a link that was printed",
          description:
            "It needs the header `x-interline-console: 1`, as does every request with a session that is not a read. The answer sets the cookie `interline_session` for 12 hours. A session may do what its key may do, and ends with it. Answers to a session hide people's numbers and texts; `?show=people` at any address shows them, and is written down in the audit. It takes no `Idempotency-Key`."
        })
      )
  )

export const session = HttpApiGroup.make("session")
  .add(
    HttpApiEndpoint.get("getSession", "/v1/session").addSuccess(AccessSchema.SessionRecord).annotateContext(
      about("What the request's session or API key may do")
    )
  )
  .add(HttpApiEndpoint.del("signOut", "/v1/session").annotateContext(about("End the session, in every process at once")))

export const audit = HttpApiGroup.make("audit")
  .add(
    HttpApiEndpoint.get("listAudit", "/v1/audit").setUrlParams(AccessSchema.AuditParams).addSuccess(AccessSchema.Audit).annotateContext(
      about("Who did what, the newest first: every act that steers the gateway or an account")
    )
  )
