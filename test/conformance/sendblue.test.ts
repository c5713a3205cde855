import * as Sendblue from "@interline/sendblue/Sendblue"
import * as Conformance from "@interline/testkit/Conformance"
import { harness } from "../support/sandbox.ts"

Conformance.suite(harness("sendblue"), Sendblue.capabilities)
