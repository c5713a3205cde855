/** The webhooks that the gateway refused, with the reason, as its counters have them. */
import { useQuery } from "@tanstack/react-query"
import { get } from "../../api/client.ts"
import { Reads, Tag } from "../../parts/basics.tsx"
import { formatCount } from "../../parts/locale.ts"
import { Table } from "../../parts/Table.tsx"

interface Count {
  readonly carrier: string
  readonly result: string
  readonly count: number
}

/** What a result means, and what to do. */
const meanings: Readonly<Record<string, readonly [means: string, todo: string]>> = {
  unsigned: ["It had no signature", "If the carrier sent it, set the webhook's secret at the carrier. A few may come from strangers."],
  signature: ["Its signature was wrong", "Give the gateway the secret that the carrier has for this webhook, then start it again."],
  secret: ["The gateway has no secret for it", "Set the variable that the log names, then start the gateway again."],
  age: ["It was signed too long ago, or in the future", "Set the clock of the gateway's machine."],
  size: ["Its body was too large", "Look at who sends it. Carriers do not send such bodies."],
  body: ["Its body could not be read", "Look at the log. The carrier may have a new form of webhook."],
  slow: ["Its body did not come in time", "Look at the network and the proxy before the gateway. The carrier sends it again."],
  coding: ["Its body was packed in an unknown way", "Look at the proxy before the gateway."],
  crowded: ["Too many came at once", "Nothing, if it happened once. The carrier sends it again."],
  unwritten: ["The database did not take it", "Look at the database. The carrier sends it again."],
  unknown: ["It came to an address of no carrier", "Correct the address at the vendor. The log has the right ones."]
}

const line = /^interline_webhooks_total\{([^}]*)\} (\d+)/

const labelOf = (labels: string, name: string): string => new RegExp(`${name}="([^"]*)"`).exec(labels)?.[1] ?? ""

const readCounts = (text: string): ReadonlyArray<Count> =>
  text.split("\n").flatMap((each) => {
    const found = line.exec(each)
    if (found === null) return []
    const labels = found[1] ?? ""
    return [{ carrier: labelOf(labels, "carrier"), result: labelOf(labels, "result"), count: Number(found[2]) }]
  })

export const Refusals = () => {
  const counts = useQuery({
    queryKey: ["/metrics"],
    queryFn: ({ signal }) => get<string>("/metrics", { signal, isText: true }).then(readCounts),
    refetchInterval: 15_000
  })
  return (
    <Reads read={counts} what="the counters">
      {(all) => {
        const refused = all.filter(({ count, result }) => result !== "taken" && count > 0)
        if (refused.length === 0) return <p>There is none.</p>
        return (
          <Table
            label="Refused webhooks"
            rows={refused}
            keyOf={({ carrier, result }) => `${carrier} ${result}`}
            columns={[
              { name: "Carrier", cell: ({ carrier }) => carrier === "none" ? <span className="faint">none</span> : carrier },
              { name: "How many", cell: ({ count }) => <Tag tone="bad">{formatCount(count)}</Tag> },
              { name: "Why", cell: ({ result }) => meanings[result]?.[0] ?? result },
              { name: "What to do", cell: ({ result }) => meanings[result]?.[1] ?? "Look at the log." }
            ]}
          />
        )
      }}
    </Reads>
  )
}
