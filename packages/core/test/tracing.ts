/** A tracer that keeps everything that it is told. */
import * as Effect from "effect/Effect"
import * as Tracer from "effect/Tracer"

export interface RecordedSpan {
  readonly name: string
  readonly kind: Tracer.SpanKind
  readonly attributes: Record<string, unknown>
  readonly events: Array<unknown>
  readonly ends: Array<unknown>
}

export const record = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<readonly [A, ReadonlyArray<RecordedSpan>], E, R> =>
  Effect.suspend(() => {
    const spans: Array<RecordedSpan> = []
    const tracer = Tracer.make({
      span: (name, parent, context, links, startTime, kind) => {
        const recorded: RecordedSpan = { name, kind, attributes: {}, events: [], ends: [] }
        spans.push(recorded)
        return {
          _tag: "Span",
          name,
          spanId: `span-${spans.length}`,
          traceId: "trace",
          parent,
          context,
          links,
          kind,
          sampled: true,
          status: { _tag: "Started", startTime },
          attributes: new Map(),
          attribute: (key, value) => {
            recorded.attributes[key] = value
          },
          event: (name, _, attributes) => {
            recorded.events.push([name, attributes])
          },
          addLinks: () => {},
          end: (_, exit) => {
            recorded.ends.push(exit)
          }
        }
      },
      context: (run) => run()
    })
    return Effect.map(Effect.withTracer(effect, tracer), (value) => [value, spans] as const)
  })
