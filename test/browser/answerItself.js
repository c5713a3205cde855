// Runs in a page, as the value of this script: answers for the list of 100,000 messages, and scrolls it.
(() => {
  const most = 100_000
  const person = "+12025550123"
  const madeUp = (index) => ({
    direction: "inbound",
    id: `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`,
    at: "2026-11-29T08:00:00.000Z",
    updatedAt: "2026-11-29T08:00:00.000Z",
    conversation: { _tag: "Direct", line: "support", handle: person },
    message: {
      ref: { carrierId: "linq", id: `m${index}` },
      direction: "inbound",
      from: person,
      to: ["+12025550101"],
      parts: [{ _tag: "Text", text: `Message number ${index}`, decorations: [], reactions: [] }],
      metadata: {}
    }
  })
  const real = window.fetch
  window.fetch = (input, options) => {
    const url = new URL(String(input), location.href)
    if (url.pathname !== "/v1/messages") return real(input, options)
    const from = Number(url.searchParams.get("cursor") ?? 0)
    const next = from + 100 < most ? { next: String(from + 100) } : {}
    return Promise.resolve(Response.json({ items: Array.from({ length: 100 }, (_, index) => madeUp(from + index)), ...next, total: most }))
  }
  const toEnd = () => window.scrollTo(0, document.body.scrollHeight)
  // goes on as soon as a page is there, so that each page costs one frame
  window.scrollUntil = (wanted) =>
    new Promise((resolve) => {
      const list = document.querySelector("[data-count]")
      const observer = new MutationObserver(() => {
        toEnd()
        if (Number(list.getAttribute("data-count")) < wanted) return
        observer.disconnect()
        resolve()
      })
      observer.observe(list, { attributeFilter: ["data-count"] })
      toEnd()
    })
})()
