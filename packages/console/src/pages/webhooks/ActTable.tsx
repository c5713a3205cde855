/** A table whose rows an operator can act on, and remove for good. */
import { useState } from "react"
import { remove } from "../../api/client.ts"
import { useAct } from "../../api/queries.ts"
import { useMay } from "../../api/session.tsx"
import { ActDialog, Failed } from "../../parts/basics.tsx"
import { Table, type TableProps } from "../../parts/Table.tsx"

interface Act {
  readonly name: string
  readonly run: () => Promise<unknown>
  /** What is said when it is done. Absent if the act itself says what came of it. */
  readonly said?: string
}

interface Removal {
  readonly title: string
  readonly risk: string
  readonly path: string
}

interface Props<Row> extends TableProps<Row> {
  readonly acts: (row: Row) => ReadonlyArray<Act>
  readonly removal: (row: Row) => Removal
}

export function ActTable<Row>({ acts: actsOf, columns, removal: removalOf, rows, ...table }: Props<Row>) {
  const mayOperate = useMay("operate")
  const { act, error, isBusy } = useAct()
  const [removal, setRemoval] = useState<Removal>()
  if (rows.length === 0) return <p>There is none.</p>
  const acts = (row: Row) => (
    <span className="actions">
      {actsOf(row).map(({ name, run, said }) => (
        <button key={name} type="button" disabled={isBusy} onClick={() => void act(run, said)}>{name}</button>
      ))}
      <button type="button" className="quiet" onClick={() => setRemoval(removalOf(row))}>Remove…</button>
    </span>
  )
  return (
    <>
      <Failed error={error} />
      <Table {...table} rows={rows} columns={[...columns, mayOperate ? { name: "Do", cell: acts } : undefined]} />
      {removal === undefined ? null : (
        <ActDialog
          title={removal.title}
          act="Remove it"
          tone="danger"
          risk={removal.risk}
          close={() => setRemoval(undefined)}
          said="It is removed."
          run={() => remove(removal.path)}
        >
          <p>It is removed for good.</p>
        </ActDialog>
      )}
    </>
  )
}
