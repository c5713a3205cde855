/** The carriers of the vendor whose wire a front speaks. Programs of that vendor know their numbers and their error codes. */
import type { LineName } from "@interline/core/Line"
import type { MessagingService } from "@interline/core/MessagingService"

type Carriers = MessagingService["carriers"]

export interface NativeCarriers {
  /** Whether a carrier in use is one of the vendor's. */
  readonly has: (carrierId: string | undefined) => boolean
  /** The vendor's first carrier that has the line. */
  readonly withLine: (line: LineName) => Carriers[number] | undefined
}

export const make = (vendor: string, carriers: Carriers): NativeCarriers => {
  const own = carriers.filter((carrier) => carrier.vendor === vendor)
  return {
    has: (carrierId) => own.some(({ id }) => id === carrierId),
    withLine: (line) => own.find(({ lines }) => lines.has(line))
  }
}
