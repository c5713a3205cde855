/** The program of each process: a gateway under the environment that it is given. It prints its address as JSON. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Serve from "@interline/cli/Serve"
import * as Option from "effect/Option"

NodeRuntime.runMain(Serve.run({ port: Option.none(), host: Option.none(), database: Option.none(), json: true, embedded: false }))
