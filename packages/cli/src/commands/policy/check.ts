/** `interline policy check`. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Failure from "../../grammar/failure.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as UserPolicy from "../../policy/userPolicy.ts"
import * as Table from "../../print/table.ts"

const pageOf = (found: UserPolicy.UserPolicy): string => {
  const { affinity, onUnknown, prefer, rollout, rules } = found.policy
  return [
    `${found.from} can be used.`,
    Table.toFacts([
      ["carriers, in order", prefer.join(", ")],
      ["lines", UserPolicy.linesOf(found).join(", ")],
      ["rules", rules.length],
      ["conversations", `${affinity.mode}, groups ${affinity.groups}`],
      ["if it may have gone out", onUnknown],
      ["rollout", rollout === undefined ? undefined : `from ${rollout.from} to ${rollout.to} in ${rollout.steps.length} steps`]
    ])
  ].join("\n")
}

const documentOf = (found: UserPolicy.UserPolicy) => ({
  ok: true,
  carriers: found.carriers.map(({ id, lines, vendor }) => ({ id, vendor, lines: Array.from(lines.keys()) })),
  policy: found.policy
})

export const command = MakeVerb.makeVerb(
  "policy check",
  ({ json, lines }, [file]) =>
    UserPolicy.read({ file: Option.fromNullable(file), lines }).pipe(
      Effect.matchEffect({
        onFailure: (error) =>
          error._tag === "Failure" ? Effect.fail(error) : Effect.zipRight(
            Console.log(
              json
                ? JSON.stringify({ ok: false, mistakes: error.mistakes })
                : error.mistakes.map(({ field, says }) => field === undefined ? says : `${field}: ${says}`).join("\n")
            ),
            Effect.fail(new Failure.Failure({ message: `${error.from} cannot be used`, code: 2 }))
          ),
        onSuccess: (found) => Console.log(json ? JSON.stringify(documentOf(found)) : pageOf(found))
      })
    )
)
