/** Records spans and log lines, so that a test can check their contents. */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Tracer from "effect/Tracer"

/**
 * A recorded span.
 *
 * @category models
 */
export interface RecordedSpan {
  readonly _tag: "Span"
  /** The name of the span. */
  readonly name: string
  /** The side of a call, such as client or server. */
  readonly kind: Tracer.SpanKind
  /** The attributes at this moment. A span that has not ended may get more. */
  readonly attributes: Readonly<Record<string, unknown>>
  /** The events in order, each with its attributes. */
  readonly events: ReadonlyArray<readonly [name: string, attributes: Readonly<Record<string, unknown>> | undefined]>
  /** The results at the end of the span. Empty while the span runs. */
  readonly ends: ReadonlyArray<Exit.Exit<unknown, unknown>>
}

/**
 * A recorded log line.
 *
 * @category models
 */
export interface RecordedLog {
  readonly _tag: "Log"
  /** The level of the log line. */
  readonly level: LogLevel.LogLevel
  /** The logged value. Several values are an array. */
  readonly message: unknown
  /** The logged cause. Empty if there is none. */
  readonly cause: Cause.Cause<unknown>
  /** The annotations in the order in which they were made. */
  readonly annotations: ReadonlyArray<readonly [name: string, value: unknown]>
}

/**
 * The spans and log lines so far.
 *
 * @category models
 */
export interface Recording {
  /** Spans and log lines in the order in which they began. */
  readonly told: ReadonlyArray<RecordedSpan | RecordedLog>
  /** The recorded contents: names, attributes, events, messages and annotations. The results of spans are left out. */
  readonly contents: () => ReadonlyArray<unknown>
  /** The causes of spans that failed and of log lines. */
  readonly causes: () => ReadonlyArray<Cause.Cause<unknown>>
  /** Sets the tracer and replaces the default logger. */
  readonly layer: Layer.Layer<never>
}

interface Telling {
  readonly tracer: Tracer.Tracer
  readonly told: Array<RecordedSpan | RecordedLog>
}

const makeTracer = (): Telling => {
  const told: Array<RecordedSpan | RecordedLog> = []
  const tracer = Tracer.make({
    context: (run) => run(),
    span: (...given) => {
      const [name, parent, context, links, startTime, kind, options] = given
      const attributes = new Map(Object.entries(options?.attributes ?? {}))
      const events: Array<RecordedSpan["events"][number]> = []
      const ends: Array<Exit.Exit<unknown, unknown>> = []
      told.push({
        _tag: "Span",
        name,
        kind,
        get attributes() {
          return Object.fromEntries(attributes)
        },
        events,
        ends
      })
      return {
        _tag: "Span",
        name,
        parent,
        context,
        links,
        kind,
        attributes,
        spanId: `span-${told.length}`,
        traceId: "trace",
        sampled: true,
        status: { _tag: "Started", startTime },
        attribute: (key, value) => void attributes.set(key, value),
        event: (event, _, attributes) => void events.push([event, attributes]),
        addLinks: () => {},
        end: (_, exit) => void ends.push(exit)
      }
    }
  })
  return { tracer, told }
}

/**
 * Starts a recording. `level` is the lowest level of the log lines that are kept. Default: all levels.
 *
 * @category constructors
 */
export const make = (level: LogLevel.LogLevel = LogLevel.All): Recording => {
  const { told, tracer } = makeTracer()
  const logger = Logger.make(({ annotations, cause, logLevel, message }) =>
    void told.push({ _tag: "Log", level: logLevel, message, cause, annotations: Array.from(annotations) })
  )
  return {
    told,
    contents: () => told.map((one) => one._tag === "Log" ? [one.message, one.annotations] : [one.name, one.attributes, one.events]),
    causes: () =>
      told.flatMap((one) => one._tag === "Log" ? [one.cause] : one.ends.flatMap((exit) => Exit.isFailure(exit) ? [exit.cause] : [])),
    layer: Layer.mergeAll(
      Layer.setTracer(tracer),
      Logger.replace(Logger.defaultLogger, logger),
      Logger.minimumLogLevel(level)
    )
  }
}

/**
 * Runs an effect. Gives its result and its spans.
 *
 * @category combinators
 */
export const record = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<readonly [A, ReadonlyArray<RecordedSpan>], E, R> =>
  Effect.suspend(() => {
    const { told, tracer } = makeTracer()
    return Effect.map(
      Effect.withTracer(effect, tracer),
      (value) => [value, told.filter((one) => one._tag === "Span")] as const
    )
  })
