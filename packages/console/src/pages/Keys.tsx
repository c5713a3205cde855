/** Who may use the API. */
import { useQueryClient } from "@tanstack/react-query"
import { type FormEvent, useId, useState } from "react"
import { post, remove } from "../api/client.ts"
import { useRead } from "../api/queries.ts"
import type { CreatedKey, Key } from "../api/wire.ts"
import { ActDialog, Copy, Failed, Head, Reads, Section, Tag } from "../parts/basics.tsx"
import { Ago, Time } from "../parts/time.tsx"

const scopes = {
  read: "look at everything",
  send: "write to people",
  operate: "settle, replay, opt out, steer lines and webhooks",
  admin: "everything, and the keys"
} as const

type Scope = keyof typeof scopes

const State = ({ item }: { readonly item: Key }) => {
  if (item.source === "environment") return <Tag tone="good">Valid</Tag>
  if (item.revokedAt !== undefined) return <Tag>Revoked</Tag>
  return item.expiresAt !== undefined && Date.parse(item.expiresAt) < Date.now()
    ? <Tag tone="warn">Expired</Tag>
    : <Tag tone="good">Valid</Tag>
}

const Create = () => {
  const queries = useQueryClient()
  const [name, setName] = useState("")
  const [chosen, setChosen] = useState<ReadonlyArray<Scope>>(["read"])
  const [expires, setExpires] = useState("")
  const [made, setMade] = useState<CreatedKey>()
  const [error, setError] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  const id = useId()
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (isBusy) return
    setBusy(true)
    setError(undefined)
    try {
      setMade(
        await post<CreatedKey>("/v1/keys", {
          body: { name, scopes: chosen, ...(expires === "" ? {} : { expiresAt: new Date(expires).toISOString() }) }
        })
      )
      setName("")
      await queries.invalidateQueries({ queryKey: ["/v1/keys"] })
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  return (
    <form className="form" onSubmit={(event) => void submit(event)}>
      <div className="pair">
        <div className="field">
          <label htmlFor={`${id}-name`}>Who uses it</label>
          <input
            id={`${id}-name`}
            required
            pattern="[A-Za-z0-9_\-]{1,64}"
            title="1 to 64 letters, digits, dashes and underscores"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </div>
        <div className="field">
          <label htmlFor={`${id}-ends`}>Valid until (optional)</label>
          <input id={`${id}-ends`} type="datetime-local" value={expires} onChange={(event) => setExpires(event.target.value)} />
        </div>
      </div>
      <fieldset>
        <legend>It may</legend>
        {(Object.keys(scopes) as ReadonlyArray<Scope>).map((scope) => (
          <label key={scope}>
            <input
              type="checkbox"
              checked={chosen.includes(scope)}
              onChange={(event) => setChosen(event.target.checked ? [...chosen, scope] : chosen.filter((other) => other !== scope))}
            />{" "}
            <strong>{scope}</strong>: {scopes[scope]}
          </label>
        ))}
      </fieldset>
      <div className="actions">
        <button type="submit" className="primary" disabled={chosen.length === 0 || isBusy}>Create the key</button>
      </div>
      {error === undefined ? null : <Failed error={error} />}
      {made?.secret === undefined ? null : (
        <p className="risk" role="status">
          The secret of {made.name} is shown only here: <code>{made.secret}</code> <Copy text={made.secret} />
        </p>
      )}
    </form>
  )
}

export const Keys = () => {
  const keys = useRead<{ readonly items: ReadonlyArray<Key> }>("/v1/keys")
  const [revoking, setRevoking] = useState<{ readonly id: string; readonly name: string }>()
  return (
    <>
      <Head title="Keys">Who may use the API, and what each key allows.</Head>
      <Reads read={keys} what="the keys">
        {({ items }) => (
          <>
            <div className="table-box" role="region" aria-label="Keys" tabIndex={0}>
              <table>
                <thead>
                  <tr>
                    <th scope="col">Name</th>
                    <th scope="col">Allows</th>
                    <th scope="col">Lines</th>
                    <th scope="col">State</th>
                    <th scope="col">Last used</th>
                    <th scope="col">Do</th>
                  </tr>
                </thead>
                <tbody>
                  {items.map((item) => (
                    <tr key={item.source === "environment" ? `environment ${item.name}` : item.id}>
                      <th scope="row">
                        {item.name}
                        <br />
                        <span className="faint">
                          {item.source === "environment" ? "from the environment" : (
                            <>
                              created <Time at={item.createdAt} />
                            </>
                          )}
                        </span>
                      </th>
                      <td>{item.scopes.join(", ")}</td>
                      <td>{item.source === "environment" || item.lines === undefined ? "all" : item.lines.join(", ")}</td>
                      <td>
                        <State item={item} />
                        {item.source === "environment" || item.expiresAt === undefined ? null : (
                          <p className="note">
                            until <Time at={item.expiresAt} />
                          </p>
                        )}
                      </td>
                      <td>
                        {item.source === "environment"
                          ? <span className="faint">not kept</span>
                          : item.lastUsedAt === undefined
                          ? "never"
                          : <Ago at={item.lastUsedAt} />}
                      </td>
                      <td>
                        {item.source === "api" && item.revokedAt === undefined
                          ? <button type="button" onClick={() => setRevoking(item)}>Revoke…</button>
                          : null}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
            <Section title="Create a key">
              <Create />
            </Section>
          </>
        )}
      </Reads>
      {revoking === undefined ?
        null :
        (
          <ActDialog
            title={`Revoke ${revoking.name}`}
            act="Revoke"
            tone="danger"
            close={() => setRevoking(undefined)}
            risk="Every program that uses this key is refused within 5 seconds. It cannot be taken back."
            run={() => remove(`/v1/keys/${revoking.id}`).then(() => keys.refetch())}
          >
            <p>Its name stays in the records of what it did.</p>
          </ActDialog>
        )}
    </>
  )
}
