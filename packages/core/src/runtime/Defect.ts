/** What broke, by name only: a message may hold parameters of a statement, and so numbers and texts. */
export const nameOf = (defect: unknown): string =>
  defect instanceof Error
    ? defect.name
    : typeof defect === "object" && defect !== null && "_tag" in defect
    ? String(defect._tag)
    : typeof defect
