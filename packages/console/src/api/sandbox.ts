/** The sandbox's people and faults: what stands in for phones and vendors while one tries the gateway. */
import { useQuery, type UseQueryResult } from "@tanstack/react-query"
import { ApiError, get, post, remove } from "./client.ts"

/** Whether there is a sandbox. A key that may not steer the gateway may not ask. */
export type Sandbox = "there" | "none" | "forbidden"

// only an answer says that there is none
const toSandbox = (error: unknown): Sandbox => {
  if (error instanceof ApiError && error.status === 404) return "none"
  if (error instanceof ApiError && error.status === 403) return "forbidden"
  throw error
}

/** Whether the gateway runs over its own sandbox. */
export const useSandbox = (): UseQueryResult<Sandbox> =>
  useQuery({
    queryKey: ["/sandbox/"],
    queryFn: ({ signal }) => get("/sandbox/", { signal }).then((): Sandbox => "there", toSandbox),
    staleTime: Number.POSITIVE_INFINITY
  })

interface PhoneMessage {
  readonly id: string
  readonly vendor: string
  readonly line: string
  readonly from: string
  readonly text: string | null
  readonly service: string
  readonly status: string
  readonly despiteOptOut: boolean
  readonly receivedAt: string
}

export interface Phone {
  readonly handle: string
  readonly messages: ReadonlyArray<PhoneMessage>
  readonly sent: ReadonlyArray<PhoneMessage>
}

export interface Fault {
  readonly id: string
  readonly rule: { readonly vendor: string; readonly kind: string }
  readonly met: number
}

const everySecond = 1_000

export const readPhone = (handle: string, signal?: AbortSignal): Promise<Phone> =>
  get<Phone>(`/sandbox/phones/${encodeURIComponent(handle)}`, signal === undefined ? {} : { signal })

export const usePhone = (handle: string, enabled: boolean) =>
  useQuery({
    queryKey: ["/sandbox/phones", handle],
    queryFn: ({ signal }) => readPhone(handle, signal),
    enabled,
    refetchInterval: everySecond
  })

export const useFaults = () =>
  useQuery({
    queryKey: ["/sandbox/faults"],
    queryFn: ({ signal }) => get<ReadonlyArray<Fault>>("/sandbox/faults", { signal }),
    refetchInterval: 5_000
  })

export const useSandboxLines = (enabled: boolean) =>
  useQuery({
    enabled,
    queryKey: ["/sandbox/lines"],
    queryFn: ({ signal }) => get<ReadonlyArray<{ readonly vendor: string; readonly number: string }>>("/sandbox/lines", { signal }),
    staleTime: Number.POSITIVE_INFINITY
  })

/** The person writes to one of our numbers. */
export const sayAs = (handle: string, to: string, text: string): Promise<unknown> =>
  post(`/sandbox/people/${encodeURIComponent(handle)}/messages`, { body: { to, text } })

/** From now on no connection to the vendor can be made. */
export const breakVendor = (vendor: string): Promise<Fault> =>
  post("/sandbox/faults", { body: { vendor, kind: "refused", times: "forever" } })

export const mend = (fault: Fault): Promise<unknown> => remove(`/sandbox/faults/${encodeURIComponent(fault.id)}`)
