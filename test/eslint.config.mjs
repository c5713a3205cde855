// What a machine can check of the house style. Errors are rules; warnings are questions: answer them or change the code.
import reactHooks from "eslint-plugin-react-hooks"
import { builtinRules } from "eslint/use-at-your-own-risk"
import { readFileSync } from "node:fs"
import tseslint from "typescript-eslint"

// How long functions and files may be, and how many parameters a function may take; and how often a file breaks that.
const { left, rules: limits } = JSON.parse(readFileSync(new URL("./architecture/limits.json", import.meta.url), "utf8"))

const never = (selector, message) => ({ selector, message })

// Where Effect meets Promises and callbacks: `Effect.run*` and `Promise` are allowed in these modules only.
const entryPoints = [
  "packages/cli/src/main.ts",
  "packages/cli/src/run.ts",
  "packages/core/src/http/deadlines.ts", // starts a request's fiber where it is awaited
  "packages/core/src/events/webEndpoint.ts", // the door for frameworks of Request and Response
  "packages/interline/src/node.ts", // undici's door
  "packages/router/src/simulation/processes/machine.ts", // runs processes in virtual time
  "packages/sandbox/src/http/http.ts" // node:http's door
]

// A module is private if its name does not begin with a capital. `node` and `main` are public.
const privateModules = ["packages/*/src/**/[a-z]*.ts"]

// Wire schemas and word tables are as long as the vendor's contract.
const wireFiles = ["packages/*/src/**/*Schema.ts", "packages/*/src/**/*Words.ts", "packages/*/src/**/wire.ts"]

// The console runs in a browser, with React: it has promises and timers, and components begin with a capital.
const consoleFiles = ["packages/console/**"]

const effectModule = "/^(effect|@effect\\u002f(?!vitest)[a-z-]+)\\u002f/"

const promises = [
  never("Identifier[name='Promise']", "Promises stay in entry points; use Effect."),
  never("CallExpression[callee.property.name='then']", "Promises stay in entry points; use Effect."),
  never(
    "MemberExpression[object.name=/^(Effect|Runtime|ManagedRuntime)$/][property.name=/^run(?!Main$)/]",
    "Effects run in entry points only; return the Effect."
  ),
  never("MemberExpression[property.name='runMain']", "Effects run in entry points only; return the Effect.")
]

const control = [
  never(":function[async=true]", "No async functions; use Effect.gen or Effect.fn."),
  never("AwaitExpression", "No await; use Effect."),
  never("ForOfStatement[await=true]", "No for await; use Stream."),
  never("TryStatement", "No try/catch; use Effect.try, Either or a Schema.")
]

const ambient = [
  never("MemberExpression[object.name=/^(Date|performance)$/][property.name='now']", "Read time from Clock."),
  never("NewExpression[callee.name='Date'][arguments.length=0]", "Read time from Clock."),
  never("CallExpression[callee.name='Date']", "Read time from Clock."),
  never("MemberExpression[object.name='Math'][property.name='random']", "Draw from Random."),
  never("MemberExpression[object.name='process'][property.name='env']", "Read settings through Config."),
  never("ImportDeclaration[source.value=/^(node:)?process$/]", "Read settings through Config.")
]

const modules = [
  never("ExportDefaultDeclaration", "No default exports."),
  never("ExportSpecifier[exported.name='default']", "No default exports."),
  never("ExportSpecifier[exported.value='default']", "No default exports."),
  never(
    `ImportDeclaration[source.value=${effectModule}][source.value!='effect/Function'] > :matches(ImportSpecifier, ImportDefaultSpecifier)`,
    "Import effect modules as namespaces: import * as Effect from \"effect/Effect\"."
  ),
  ...["ImportDeclaration", "ExportNamedDeclaration", "ExportAllDeclaration", "ImportExpression"].map((node) =>
    never(`${node}[source.value=/^\\.{1,2}(\\u002f|$)/]:not([source.value=/\\.(ts|json)$/])`, "Relative imports end in .ts (or .json).")
  )
]

const types = [
  never("TSEnumDeclaration", "No enum; use a literal union."),
  never(
    ":matches(TSAsExpression, TSTypeAssertion) > TSAsExpression.expression:not([typeAnnotation.typeName.name='const'])",
    "No double assertions; decode with a Schema."
  )
]

const assertions = [
  never(
    "TSAsExpression:not([typeAnnotation.typeName.name='const']):not(TSAsExpression > TSAsExpression)",
    "No `as` in public modules; decode, narrow or use satisfies."
  ),
  never("TSTypeAssertion", "No type assertions in public modules; decode, narrow or use satisfies."),
  never("TSNonNullExpression", "No non-null assertions in public modules; narrow or use Option.")
]

const badName = "/.(Manager|Helper|Helpers|Util|Utils|Handler|Processor|Data|Info)$/"

const names = [
  never(
    `:matches(ClassDeclaration, TSInterfaceDeclaration, TSTypeAliasDeclaration) > Identifier.id[name=${badName}]`,
    "Name the noun: no Manager, Helper, Util, Handler, Processor, Data, Info."
  ),
  never(
    `:matches(Program, ExportNamedDeclaration) > VariableDeclaration > VariableDeclarator > Identifier.id[name=/^[A-Z]/][name=${badName}]`,
    "Name the noun: no Manager, Helper, Util, Handler, Processor, Data, Info."
  )
]

const unfinished = [
  never("Literal[value=/\\bnot (yet )?implemented\\b/i]", "Finish it or leave it out."),
  never("TemplateElement[value.raw=/\\bnot (yet )?implemented\\b/i]", "Finish it or leave it out.")
]

const effects = [
  never(
    "ExpressionStatement > CallExpression[callee.object.name=/^(Effect|Ref|SynchronizedRef|Deferred|Queue|PubSub|Fiber|Stream|Layer|Scope)$/]"
      + ":not([callee.property.name=/^(run|unsafe)/])",
    "This effect is described and never run; yield it or return it."
  )
]

const focusedTests = [
  never(
    "MemberExpression[object.name=/^(it|test|describe|suite|bench)$/][property.name=/^(only|skip|todo|skipIf|runIf)$/]",
    "Every test runs."
  ),
  never("MemberExpression[object.object.name=/^(it|test|describe)$/][property.name=/^(only|skip|todo|skipIf|runIf)$/]", "Every test runs."),
  never("CallExpression[callee.name=/^(it|test|describe)$/] Property[key.name=/^(only|skip|todo)$/][value.value=true]", "Every test runs.")
]

const weakComparisons = [
  never(
    "MemberExpression[object.name='assert'][property.name=/^(not)?deep(Strict)?Equal$/i]",
    "It takes Option.some for Option.none. Import deepStrictEqual from @effect/vitest/utils."
  )
]

const silentFallbacks = [
  never(
    "LogicalExpression[operator=/^(\\?\\?|\\|\\|)$/] > Literal.right[value='']",
    "A silent fallback? Use a typed failure or an Option."
  ),
  never(
    "CallExpression[callee.property.name=/^catchAll/] ArrowFunctionExpression[params.length=0] > MemberExpression.body[object.name='Effect'][property.name='void']",
    "An error that nobody hears of? Use a typed failure or log it."
  )
]

const everywhereInSource = [...control, ...ambient, ...modules, ...types, ...names, ...unfinished, ...effects]

const restrict = (...groups) => ["error", ...groups.flat()]

export default tseslint.config(
  { ignores: ["**/dist/**", "**/node_modules/**", "**/fixtures/**", "packages/gateway/console/**"] },
  {
    files: ["**/*.ts", "**/*.tsx", "**/*.mjs"],
    languageOptions: { parser: tseslint.parser },
    plugins: {
      "@typescript-eslint": tseslint.plugin,
      question: { rules: { syntax: builtinRules.get("no-restricted-syntax"), "max-lines": builtinRules.get("max-lines") } }
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/ban-ts-comment": ["error", { "ts-expect-error": "allow-with-description", minimumDescriptionLength: 10 }],
      "@typescript-eslint/no-require-imports": "error",
      "@typescript-eslint/no-namespace": "error",
      "no-warning-comments": ["error", {
        terms: ["todo", "fixme", "xxx", "hack", "not implemented", "not yet implemented"],
        location: "anywhere"
      }],
      "no-var": "error",
      "prefer-const": "error",
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-debugger": "error",
      "no-empty": "error"
    }
  },
  {
    files: ["packages/*/src/**/*.ts"],
    ignores: consoleFiles,
    rules: {
      "no-console": "error",
      "id-denylist": ["error", "msg", "req", "cfg", "opts", "tmp"],
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: true }],
      "@typescript-eslint/no-import-type-side-effects": "error",
      "no-restricted-globals": [
        "error",
        ...["setTimeout", "setInterval", "setImmediate"].map((name) => ({ name, message: "Use Effect.sleep or a Schedule." })),
        { name: "Buffer", message: "Use Uint8Array and effect/Encoding." },
        { name: "process", message: "Only entry points know the process." }
      ],
      "no-restricted-imports": ["error", {
        patterns: [{
          regex: "^(effect|@effect/(?!vitest$)[a-z-]+)$",
          message: "Import the module: effect/Effect, @effect/platform/HttpClient."
        }]
      }],
      "no-restricted-syntax": restrict(everywhereInSource, promises, assertions),
      "question/syntax": ["warn", ...silentFallbacks],
      "question/max-lines": ["warn", { max: 400 }],
      ...limits
    }
  },
  {
    files: privateModules,
    ignores: consoleFiles,
    rules: { "no-restricted-syntax": restrict(everywhereInSource, promises) }
  },
  {
    files: entryPoints,
    rules: {
      "no-restricted-globals": "off",
      "no-restricted-syntax": restrict(everywhereInSource.filter((rule) => !ambient.slice(4).includes(rule)), assertions)
    }
  },
  {
    files: entryPoints.filter((path) =>
      /\/[a-z][^/]*$/.test(path) && !path.includes("packages/cli/") && !path.includes("packages/interline/")
    ),
    rules: { "no-restricted-syntax": restrict(everywhereInSource) }
  },
  {
    // the sandbox stands in for a platform and for the vendors: it speaks Node's own types, and its blanks are theirs
    files: ["packages/sandbox/src/**/[a-z]*.ts"],
    rules: { "no-restricted-globals": "off", "question/syntax": "off" }
  },
  {
    files: consoleFiles.map((path) => `${path}/*.{ts,tsx}`),
    plugins: { "react-hooks": reactHooks },
    rules: {
      "no-console": "error",
      "id-denylist": ["error", "msg", "req", "cfg", "opts", "tmp"],
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: true }],
      "react-hooks/rules-of-hooks": "error",
      "react-hooks/exhaustive-deps": "error",
      "no-restricted-syntax": restrict(
        types,
        names,
        unfinished,
        never("JSXAttribute[name.name='dangerouslySetInnerHTML']", "Texts of people are never markup.")
      )
    }
  },
  {
    files: wireFiles,
    rules: { "question/max-lines": "off", "max-lines": "off" }
  },
  // what breaks a limit is counted by test/architecture/limits.test.ts
  ...Object.entries(left).map(([path, counts]) => ({
    files: [path],
    rules: Object.fromEntries(Object.keys(counts).map((rule) => [rule, "off"]))
  })),
  {
    files: ["packages/*/test/**/*.ts", "test/**/*.ts"],
    rules: { "no-restricted-syntax": restrict(focusedTests, unfinished, weakComparisons) }
  }
)
