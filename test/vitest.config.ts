import { configDefaults, defineConfig } from "vitest/config"

/** Minutes each. Only `npm run test:all` runs them. */
const long = process.env["INTERLINE_TEST"] === "all" ? [] : ["test/cluster/rollouts.test.ts", "test/migration/rehearsal.test.ts"]

/** The machine must be free for these: they kill and stop processes and count what happens meanwhile. */
const scenarios = "test/cluster/scenarios.test.ts"

/** These replace a module or a global of the process that they run in. */
const alone = ["packages/core/test/visible-text.test.ts", "packages/interline/test/node.test.ts"]

const shared = {
  server: { deps: { inline: [/@interline\//, /packages\//, /^interline/] } },
  // a test may take twice as long as usual where the machine has other work
  testTimeout: 60_000,
  hookTimeout: 60_000
}

export default defineConfig({
  resolve: { conditions: ["@interline/source"] },
  // Node is told these too: "import" among them would make it load ES modules where CommonJS is required
  ssr: { resolve: { conditions: ["@interline/source", "node"] } },
  test: {
    globalSetup: "test/support/run.ts",
    // a process that loaded all of a package's modules takes a while to end on a busy machine
    teardownTimeout: 120_000,
    // beside each other, because many of them wait
    poolOptions: { forks: { maxForks: 2 }, threads: { maxThreads: 1, isolate: false } },
    projects: [
      {
        extends: true,
        test: {
          ...shared,
          name: "packages",
          include: ["packages/*/test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...alone],
          // To load the modules takes longer than most of these tests. So one thread takes one file after the other and keeps them.
          pool: "threads"
        }
      },
      {
        extends: true,
        test: {
          ...shared,
          name: "workspace",
          include: ["test/**/*.test.ts", ...alone],
          exclude: [...configDefaults.exclude, ...long, scenarios],
          pool: "forks"
        }
      },
      {
        extends: true,
        // when all others have ended
        test: { ...shared, name: "scenarios", include: [scenarios], pool: "forks", sequence: { groupOrder: 1 } }
      }
    ]
  }
})
