/** A gateway as a process of its own, under the environment that it is given; prints its address as JSON. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Serve from "@interline/cli/Serve"
import * as Option from "effect/Option"

NodeRuntime.runMain(Serve.run({ port: Option.some(0), host: Option.none(), database: Option.none(), json: true, embedded: false }))
