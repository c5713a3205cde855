/** Interline over many processes. */
export * as Cluster from "./Cluster.ts"
