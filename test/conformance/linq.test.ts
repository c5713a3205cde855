import * as Linq from "@interline/linq/Linq"
import * as Conformance from "@interline/testkit/Conformance"
import { harness } from "../support/sandbox.ts"

Conformance.suite(harness("linq"), Linq.capabilities)
