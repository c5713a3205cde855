/**
 * Both vendors' HTTP APIs over one fake phone network, with faults.
 *
 * @since 0.1.0
 */
export * as ControlApi from "./ControlApi.ts"
export * as Fault from "./Fault.ts"
export * as Network from "./Network.ts"
export * as Sandbox from "./Sandbox.ts"
