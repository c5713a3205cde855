/** All scenarios, in the order in which the command runs them. */
import type * as Scenario from "./scenario.ts"
import * as Databases from "./scenarios/databases.ts"
import * as Deaths from "./scenarios/deaths.ts"
import * as Deploys from "./scenarios/deploys.ts"
import * as Freezes from "./scenarios/freezes.ts"
import * as Lines from "./scenarios/lines.ts"
import * as Order from "./scenarios/order.ts"
import * as Quiet from "./scenarios/quiet.ts"
import * as Sharing from "./scenarios/sharing.ts"

export const scenarios: ReadonlyArray<Scenario.Scenario> = [
  ...Order.scenarios,
  ...Deaths.scenarios,
  ...Freezes.scenarios,
  ...Databases.scenarios,
  ...Deploys.scenarios,
  ...Lines.scenarios,
  ...Sharing.scenarios,
  ...Quiet.scenarios
]
