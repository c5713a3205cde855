/**
 * Rows under named columns. A table that is wider than its window can be scrolled, also with the keyboard. In a narrow window the cells of a row stand
 * under each other. Browsers do not treat that as a table, so the roles are written out.
 */
import type { ReactNode } from "react"

interface Column<Row> {
  readonly name: string
  readonly cell: (row: Row) => ReactNode
}

export interface TableProps<Row> {
  /** What the rows are, for those who cannot see them. */
  readonly label: string
  readonly rows: ReadonlyArray<Row>
  readonly keyOf: (row: Row, place: number) => string | number
  /** The first column names the row. */
  readonly columns: readonly [Column<Row>, ...ReadonlyArray<Column<Row> | undefined>]
}

export function Table<Row>({ columns, keyOf, label, rows }: TableProps<Row>) {
  const [first, ...others] = columns
  const shown = others.filter((column) => column !== undefined)
  return (
    <div className="table-box" role="region" aria-label={label} tabIndex={0}>
      <table role="table">
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col">{first.name}</th>
            {shown.map(({ name }) => <th key={name} role="columnheader" scope="col">{name}</th>)}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row, place) => (
            <tr key={keyOf(row, place)} role="row">
              <th role="rowheader" scope="row">{first.cell(row)}</th>
              {shown.map(({ cell, name }) => <td key={name} role="cell" data-name={name}>{cell(row)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
