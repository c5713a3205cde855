/**
 * Sends spans and metrics to a collector with OTLP over HTTP, if the environment names one.
 *
 * Nothing that is sent contains numbers or texts. Spans have no addresses. Of a failure they keep only its name, because a cause may quote
 * content. Logs are not sent: the `interline` command writes them to standard error.
 */
import * as OtlpMetrics from "@effect/opentelemetry/OtlpMetrics"
import * as OtlpSerialization from "@effect/opentelemetry/OtlpSerialization"
import * as OtlpTracer from "@effect/opentelemetry/OtlpTracer"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Tracer from "effect/Tracer"
import * as GatewayConfig from "../config/GatewayConfig.ts"
import * as ServerTracer from "./tracer.ts"

/**
 * A tracer that keeps only the name of each failure, and leaves out attributes that could contain an address.
 *
 * @category constructors
 */
export const discreet: (tracer: Tracer.Tracer) => Tracer.Tracer = ServerTracer.discreet

/**
 * Whether spans and metrics are exported.
 *
 * @category constructors
 */
export const isOn: Config.Config<boolean> = Config.map(GatewayConfig.otlpEndpoint, Option.isSome)

const settings = Config.all({
  endpoint: GatewayConfig.otlpEndpoint,
  headers: Config.option(Config.redacted("OTEL_EXPORTER_OTLP_HEADERS")),
  serviceName: Config.withDefault(Config.nonEmptyString("OTEL_SERVICE_NAME"), "interline-gateway")
})

/**
 * Exports to `OTEL_EXPORTER_OTLP_ENDPOINT`, with the headers of `OTEL_EXPORTER_OTLP_HEADERS` (`name=value,…`), as
 * `OTEL_SERVICE_NAME` (default `interline-gateway`). Nothing is exported if the endpoint is missing.
 *
 * @category layers
 */
export const layer: Layer.Layer<never, ConfigError.ConfigError, HttpClient.HttpClient> = Layer.unwrapEffect(
  Effect.map(settings, ({ endpoint, headers, serviceName }) =>
    Option.match(endpoint, {
      onNone: () => Layer.empty,
      onSome: (endpoint) => {
        const options = (path: string) => ({
          url: `${endpoint}${path}`,
          resource: { serviceName },
          ...Option.match(headers, { onNone: () => ({}), onSome: (text) => ({ headers: ServerTracer.headers(Redacted.value(text)) }) })
        })
        return Layer.mergeAll(
          Layer.unwrapScoped(Effect.map(OtlpTracer.make(options("/v1/traces")), (tracer) => Layer.setTracer(discreet(tracer)))),
          OtlpMetrics.layer(options("/v1/metrics"))
        ).pipe(Layer.provide(OtlpSerialization.layerJson))
      }
    }))
)
