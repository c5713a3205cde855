/** The addresses of the pages. Filters are in the address, so that a link shows the same and the back button works. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Navigate } from "@tanstack/react-router"
import { useSandbox } from "./api/sandbox.ts"
import { Messages } from "./pages/Messages.tsx"
import { Empty, Failed, Loading } from "./parts/basics.tsx"
import { Frame } from "./parts/Frame.tsx"

type Search = Readonly<Record<string, unknown>>

/** Keeps those fields of an address that a page knows and that say something. */
const pick = <Name extends string>(...names: ReadonlyArray<Name>) => (search: Search): { readonly [N in Name]?: string | undefined } => {
  const kept: { [N in Name]?: string | undefined } = {}
  for (const name of names) {
    const value = search[name]
    if (typeof value === "string" && value !== "") kept[name] = value
  }
  return kept
}

const root = createRootRoute({
  component: Frame,
  notFoundComponent: () => <Empty title="There is no such page">Choose a page from the menu.</Empty>
})

/** Where one begins: with the story over a sandbox, and with the messages over real vendors. */
const Start = () => {
  const sandbox = useSandbox()
  if (sandbox.isPending) return <Loading what="where to begin" />
  return sandbox.data === "there" ? <Navigate to="/try" replace /> : <Navigate to="/messages" search={{}} replace />
}

const index = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: Start
})

const messageFilters = [
  "outcome",
  "status",
  "carrier",
  "line",
  "peer",
  "loss",
  "failedOver",
  "key",
  "direction",
  "range",
  "since",
  "until"
] as const

const messages = createRoute({
  getParentRoute: () => root,
  path: "/messages",
  validateSearch: pick(...messageFilters),
  component: Messages
})

const message = createRoute({
  getParentRoute: () => root,
  path: "/messages/$id",
  component: lazyRouteComponent(() => import("./pages/Message.tsx"), "Message")
})

const received = createRoute({
  getParentRoute: () => root,
  path: "/received/$ref",
  component: lazyRouteComponent(() => import("./pages/ReceivedMessage.tsx"), "ReceivedMessage")
})

const conversation = createRoute({
  getParentRoute: () => root,
  path: "/conversation",
  validateSearch: pick("line", "peer"),
  component: lazyRouteComponent(() => import("./pages/Conversation.tsx"), "Conversation")
})

const held = createRoute({
  getParentRoute: () => root,
  path: "/held",
  component: lazyRouteComponent(() => import("./pages/Held.tsx"), "Held")
})
const carriers = createRoute({
  getParentRoute: () => root,
  path: "/carriers",
  component: lazyRouteComponent(() => import("./pages/Carriers.tsx"), "Carriers")
})
// `/webhooks` below any path is where carriers call
const webhooks = createRoute({
  getParentRoute: () => root,
  path: "/webhooks-and-callbacks",
  component: lazyRouteComponent(() => import("./pages/Webhooks.tsx"), "Webhooks")
})
const optOuts = createRoute({
  getParentRoute: () => root,
  path: "/opt-outs",
  component: lazyRouteComponent(() => import("./pages/OptOuts.tsx"), "OptOuts")
})
const keys = createRoute({
  getParentRoute: () => root,
  path: "/keys",
  component: lazyRouteComponent(() => import("./pages/Keys.tsx"), "Keys")
})
const audit = createRoute({
  getParentRoute: () => root,
  path: "/audit",
  validateSearch: pick("actor", "act", "subject"),
  component: lazyRouteComponent(() => import("./pages/Audit.tsx"), "Audit")
})
const migration = createRoute({
  getParentRoute: () => root,
  path: "/migration",
  component: lazyRouteComponent(() => import("./pages/Migration.tsx"), "Migration")
})
const plan = createRoute({
  getParentRoute: () => root,
  path: "/plan",
  component: lazyRouteComponent(() => import("./pages/Plan.tsx"), "Plan")
})
const tryIt = createRoute({
  getParentRoute: () => root,
  path: "/try",
  component: lazyRouteComponent(() => import("./pages/Try.tsx"), "Try")
})

/** Plain queries, as people write them. */
const parseSearch = (text: string): Record<string, string> => Object.fromEntries(new URLSearchParams(text))

const stringifySearch = (search: Search): string => {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(search)) if (typeof value === "string" && value !== "") query.set(name, value)
  const text = query.toString()
  return text === "" ? "" : `?${text}`
}

export const router = createRouter({
  routeTree: root.addChildren([
    index,
    messages,
    message,
    received,
    conversation,
    held,
    carriers,
    webhooks,
    optOuts,
    keys,
    audit,
    migration,
    plan,
    tryIt
  ]),
  basepath: "/console",
  parseSearch,
  stringifySearch,
  scrollRestoration: true,
  defaultErrorComponent: ({ error }) => <Failed error={error} />
})

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router
  }
}
