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
            "It takes no `Idempotency-Key`, because the secret is stored nowhere. A second key of the same name is refused, so the request may be repeated: if its answer was lost, revoke the key and create another one."
        })
      )
  )
  .add(
    HttpApiEndpoint.del("revokeKey", "/v1/keys/:id").setPath(Schema.Struct({ id: Schema.NonEmptyString })).annotateContext(
      about("Revoke an API key for good; every process refuses it within 5 seconds")
    )
  )

export const audit = HttpApiGroup.make("audit")
  .add(
    HttpApiEndpoint.get("listAudit", "/v1/audit").setUrlParams(AccessSchema.AuditParams).addSuccess(AccessSchema.Audit).annotateContext(
      about("Who did what, the newest first: every act that steers the gateway or an account")
    )
  )
