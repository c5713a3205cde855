/** One message in the list. */
import { Link } from "@tanstack/react-router"
import type { Loss, Row } from "../../api/wire.ts"
import { Badge } from "../../parts/basics.tsx"
import { Icon } from "../../parts/icons.tsx"
import { lossesOf, lossWords } from "../../parts/Losses.tsx"
import { Time } from "../../parts/time.tsx"
import { carrierOf, isFailedOver, labelOf, lineOf, personOf, textOf } from "../../parts/words.ts"

const LossMark = ({ losses }: { readonly losses: ReadonlyArray<Loss> }) =>
  losses.length === 0
    ? null
    : (
      <span className="mark" title={losses.map(({ kind, reason }) => `${lossWords[kind]}: ${reason}`).join("; ")}>
        {losses.length} {losses.length === 1 ? "loss" : "losses"}
      </span>
    )

const Content = ({ row }: { readonly row: Row }) => (
  <>
    <span className="row-time">
      <Time at={row.at} />
    </span>
    <span className="row-way" data-way={row.direction}>
      <Icon name={row.direction === "outbound" ? "right" : "left"} />
      <span className="hidden">{row.direction === "outbound" ? "to" : "from"}</span>
    </span>
    <span className="row-person">{personOf(row)}</span>
    <span className="row-text">{textOf(row)}</span>
    <span className="row-marks">
      {isFailedOver(row)
        ? (
          <span className="mark" title="It went on to another carrier.">
            <Icon name="shuffle" />Failed over
          </span>
        )
        : null}
      <LossMark losses={row.direction === "outbound" ? lossesOf(row) : []} />
    </span>
    <span className="row-place">
      {lineOf(row)}
      <span className="faint">{` · ${carrierOf(row)}`}</span>
    </span>
    <span className="row-status">
      <Badge label={labelOf(row)} />
    </span>
  </>
)

interface Props {
  readonly row: Row | undefined
  readonly index: number
  readonly total: number
  readonly isChosen: boolean
  readonly top: number
  readonly height: number
}

export const MessageRow = ({ height, index, isChosen, row, top, total }: Props) => {
  const place = { transform: `translateY(${top}px)`, height }
  return (
    <div role="listitem" className="row" data-chosen={isChosen} style={place} aria-posinset={index + 1} aria-setsize={total}>
      {row === undefined
        ? <span className="row-waits" aria-hidden="true" />
        : row.direction === "outbound"
        ? (
          <Link to="/messages/$id" params={{ id: row.id }} preload={false}>
            <Content row={row} />
          </Link>
        )
        : (
          <Link to="/received/$ref" params={{ ref: `${row.message.ref.carrierId}:${row.message.ref.id}` }} preload={false}>
            <Content row={row} />
          </Link>
        )}
    </div>
  )
}
