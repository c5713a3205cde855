/** A tracer and a logger that keep what they are told, so that a test can say what is in it and what is not. */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Tracer from "effect/Tracer"

/**
 * A span as it was told.
 *
 * @category models
 */
export interface RecordedSpan {
  readonly _tag: "Span"
  /** What it is called. */
  readonly name: string
  /** Which side of a call it is. */
  readonly kind: Tracer.SpanKind
  /** The attributes as they are now: a span that has not ended may get more. */
  readonly attributes: Readonly<Record<string, unknown>>
  /** The events in order, each with its attributes. */
  readonly events: ReadonlyArray<readonly [name: string, attributes: Readonly<Record<string, unknown>> | undefined]>
  /** How it ended: empty while it runs. */
  readonly ends: ReadonlyArray<Exit.Exit<unknown, unknown>>
}

/**
 * A log line as it was told.
 *
 * @category models
 */
export interface RecordedLog {
  readonly _tag: "Log"
  /** How serious it is. */
  readonly level: LogLevel.LogLevel
  /** What was logged. Several values are an array. */
  readonly message: unknown
  /** Empty if none was logged. */
  readonly cause: Cause.Cause<unknown>
  /** The annotations in the order in which they were made. */
  readonly annotations: ReadonlyArray<readonly [name: string, value: unknown]>
}

/**
 * What was told so far.
 *
 * @category models
 */
export interface Recording {
  /** Spans and log lines in the order in which they began. */
  readonly told: ReadonlyArray<RecordedSpan | RecordedLog>
  /** What is in it, but for what the effects under the spans gave: names, attributes, events, messages and annotations. */
  readonly contents: () => ReadonlyArray<unknown>
  /** The causes of spans that failed and of log lines. */
  readonly causes: () => ReadonlyArray<Cause.Cause<unknown>>
  /** Sets the tracer, and puts the logger in the place of the default one. */
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
 * A recording that begins now. `level` (default: all) is the least level of a log line that is kept.
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
 * Runs an effect, and gives its spans beside what it gives.
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
