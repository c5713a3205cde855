import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"

/** The file that takes longest mostly waits. Begun first, it ends while the others run. */
const longest = "test/cluster/scenarios.test.ts"

class LongestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const sorted = await super.sort(files)
    const isLongest = ({ moduleId }: TestSpecification): boolean => moduleId.endsWith(longest)
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))]
  }
}

export default defineConfig({
  resolve: { conditions: ["@interline/source"] },
  // Node is told these too: "import" among them would make it load ES modules where CommonJS is required
  ssr: { resolve: { conditions: ["@interline/source", "node"] } },
  test: {
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
    server: { deps: { inline: [/@interline\//, /packages\//, /^interline/] } },
    globalSetup: "test/support/run.ts",
    pool: "forks",
    poolOptions: { forks: { maxForks: 3 } },
    sequence: { sequencer: LongestFirst },
    // a test may take twice as long as usual where the machine has other work
    testTimeout: 60_000,
    hookTimeout: 60_000
  }
})
