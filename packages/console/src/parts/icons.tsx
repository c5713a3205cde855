/** The console's few icons, drawn in lines of the text's own color. */
const paths = {
  messages: "M4 5h16v11H9l-5 4z",
  held: "M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  try: "M6 4l13 8-13 8z",
  carriers: "M4 18h16M6 18V9M12 18V5M18 18v-6",
  webhooks: "M9 9l-4 7h6M12 5l5 9M15 19a3 3 0 1 0 2-5M8 5a3 3 0 1 0 5 3M5 21a3 3 0 0 0 4-3",
  optouts: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM6 6l12 12",
  plan: "M5 4h10l4 4v12H5zM9 12h6M9 16h6",
  migration: "M4 8h13l-3-3M20 16H7l3 3",
  keys: "M8 11a4 4 0 1 0 0 .1M12 11h9v4M17 11v3",
  audit: "M5 4h14v16H5zM9 8h6M9 12h6M9 16h3",
  out: "M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9",
  right: "M5 12h14M13 6l6 6-6 6",
  left: "M19 12H5M11 6l-6 6 6 6",
  copy: "M9 9h10v11H9zM5 15V4h10",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM20 20l-5-5",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7-10-7-10-7zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  shuffle: "M4 7h4l8 10h4M4 17h4l2-3M14 10l2-3h4M18 5l2 2-2 2M18 15l2 2-2 2"
} as const

export type IconName = keyof typeof paths

export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={paths[name]} />
  </svg>
)
