/** How to see numbers and texts of people while they are hidden. */
import type { ReactNode } from "react"
import { useAccess, useHides } from "../api/session.tsx"

export const ShowPeople = ({ children }: { readonly children: ReactNode }) => {
  const { setPeople } = useAccess()
  return <button type="button" className="link" onClick={() => setPeople(true)}>{children}</button>
}

/** Says so where people are hidden. `children` says what else can be done when they are shown. */
export const HiddenPeople = ({ children }: { readonly children?: ReactNode }) =>
  useHides()
    ? (
      <p className="note hides">
        Numbers and texts are hidden. <ShowPeople>Show people</ShowPeople> to {children ?? "read them"}; the audit says who asked.
      </p>
    )
    : null
