/** A table whose rows an operator can act on. */
import { useState } from "react"
import { remove } from "../../api/client.ts"
import { useAct } from "../../api/queries.ts"
import { useMay } from "../../api/session.tsx"
import { ActDialog, Failed } from "../../parts/basics.tsx"
import { Table, type TableProps } from "../../parts/Table.tsx"

interface Question {
  readonly title: string
  readonly what: string
  readonly risk: string
  /** The button that does it. */
  readonly act: string
}

export interface Act {
  readonly name: string
  readonly run: () => Promise<unknown>
  /** What is said when it is done. Absent if the act itself says what came of it. */
  readonly said?: string
  /** What is asked before. Each act that stops or loses something asks. */
  readonly asks?: Question
}

export const makeRemoval = ({ path, risk, title }: { readonly title: string; readonly risk: string; readonly path: string }): Act => ({
  name: "Remove…",
  run: () => remove(path),
  said: "It is removed.",
  asks: { title, what: "It is removed for good.", risk, act: "Remove it" }
})

interface ButtonsProps {
  readonly acts: ReadonlyArray<Act>
}

/** The buttons of some acts, and what they ask. */
export const ActButtons = ({ acts }: ButtonsProps) => {
  const { act, error, isBusy } = useAct()
  const [asked, setAsked] = useState<Act & { readonly asks: Question }>()
  return (
    <>
      <span className="actions">
        {acts.map(({ asks, ...one }) => (
          <button
            key={one.name}
            type="button"
            disabled={isBusy}
            onClick={() => asks === undefined ? void act(one.run, one.said) : setAsked({ ...one, asks })}
          >
            {one.name}
          </button>
        ))}
      </span>
      <Failed error={error} />
      {asked === undefined ? null : (
        <ActDialog
          title={asked.asks.title}
          act={asked.asks.act}
          tone="danger"
          risk={asked.asks.risk}
          close={() => setAsked(undefined)}
          {...(asked.said === undefined ? {} : { said: asked.said })}
          run={asked.run}
        >
          <p>{asked.asks.what}</p>
        </ActDialog>
      )}
    </>
  )
}

interface Props<Row> extends TableProps<Row> {
  readonly acts: (row: Row) => ReadonlyArray<Act>
}

export function ActTable<Row>({ acts, columns, rows, ...table }: Props<Row>) {
  const mayOperate = useMay("operate")
  if (rows.length === 0) return <p>There is none.</p>
  return (
    <Table
      {...table}
      rows={rows}
      columns={[...columns, mayOperate ? { name: "Do", cell: (row) => <ActButtons acts={acts(row)} /> } : undefined]}
    />
  )
}
