/** Starts the console. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query"
import { RouterProvider } from "@tanstack/react-router"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { ApiError } from "./api/client.ts"
import { AccessProvider, useAccess } from "./api/session.tsx"
import { SignIn } from "./pages/SignIn.tsx"
import { Loading } from "./parts/basics.tsx"
import { router } from "./routes.tsx"
import "./styles/tokens.css"
import "./styles/frame.css"
import "./styles/parts.css"
import "./styles/pages.css"

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      // what the gateway refused stays refused, and what failed at a carrier was tried several times
      retry: (count, error) =>
        count < 2 && error instanceof ApiError && error.problem.carrierId === undefined && (error.status === 0 || error.status >= 500),
      // a gateway on the same machine answers without a network
      networkMode: "always",
      // the stream of events opens again then
      refetchOnWindowFocus: false,
      refetchOnReconnect: false
    }
  }
})

const Console = () => {
  const { state } = useAccess()
  if (state._tag === "Asking") {
    return (
      <main className="sign-in">
        <Loading what="who you are" />
      </main>
    )
  }
  return state._tag === "In" ? <RouterProvider router={router} /> : <SignIn />
}

const root = document.getElementById("root")
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <AccessProvider>
          <Console />
        </AccessProvider>
      </QueryClientProvider>
    </StrictMode>
  )
}
