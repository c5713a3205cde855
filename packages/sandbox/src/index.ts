/** Exports both vendors' HTTP APIs over one fake phone network, with faults. */
export * as ControlApi from "./control/ControlApi.ts"
export * as Sandbox from "./Sandbox.ts"
export * as Network from "./server/Network.ts"
export * as Fault from "./world/Fault.ts"
