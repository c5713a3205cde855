import { configDefaults, defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"

/** The file that takes longest mostly waits. Begun first, it ends while the others run. */
const longest = "test/cluster/scenarios.test.ts"

/** These replace a module or a global of the process that they run in. */
const alone = ["packages/core/test/visible-text.test.ts", "packages/interline/test/node.test.ts"]

class LongestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const sorted = await super.sort(files)
    const isLongest = ({ moduleId }: TestSpecification): boolean => moduleId.endsWith(longest)
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))]
  }
}

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
    // three at a time, because many of them wait
    poolOptions: { forks: { maxForks: 2 }, threads: { maxThreads: 1, isolate: false } },
    sequence: { sequencer: LongestFirst },
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
        test: { ...shared, name: "workspace", include: ["test/**/*.test.ts", ...alone], exclude: configDefaults.exclude, pool: "forks" }
      }
    ]
  }
})
