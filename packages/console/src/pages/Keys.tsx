/** Who may use the API. */
import { type FormEvent, useId, useState } from "react"
import { post, remove } from "../api/client.ts"
import { useAct, useFormKeys, useRead } from "../api/queries.ts"
import type { CreatedKey, Key } from "../api/wire.ts"
import { ActDialog, Copy, Failed, Head, Reads, Section, Tag } from "../parts/basics.tsx"
import { Table } from "../parts/Table.tsx"
import { Ago, Time, zone } from "../parts/time.tsx"

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
  const [name, setName] = useState("")
  const [chosen, setChosen] = useState<ReadonlyArray<Scope>>(["read"])
  const [expires, setExpires] = useState("")
  const [made, setMade] = useState<CreatedKey>()
  const { act, error, isBusy } = useAct()
  const keys = useFormKeys()
  const id = useId()
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const body = { name, scopes: chosen, ...(expires === "" ? {} : { expiresAt: new Date(expires).toISOString() }) }
    void act(async () => {
      setMade(await post<CreatedKey>("/v1/keys", { body, key: keys.of(body) }))
      keys.forget()
      setName("")
    })
  }
  return (
    <form className="form" onSubmit={submit}>
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
          <label htmlFor={`${id}-ends`}>Valid until (optional, your time, {zone})</label>
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
      <Failed error={error} />
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
            <Table
              label="Keys"
              rows={items}
              keyOf={(item) => item.source === "environment" ? `environment ${item.name}` : item.id}
              columns={[
                {
                  name: "Name",
                  cell: (item) => (
                    <>
                      {item.name}
                      <br />
                      <span className="faint">
                        {item.source === "environment" ? "from the environment" : (
                          <>
                            created <Time at={item.createdAt} />
                          </>
                        )}
                      </span>
                    </>
                  )
                },
                { name: "Allows", cell: ({ scopes }) => scopes.join(", ") },
                {
                  name: "Lines",
                  cell: (item) => item.source === "environment" || item.lines === undefined ? "all" : item.lines.join(", ")
                },
                {
                  name: "State",
                  cell: (item) => (
                    <>
                      <State item={item} />
                      {item.source === "environment" || item.expiresAt === undefined ? null : (
                        <p className="note">
                          until <Time at={item.expiresAt} />
                        </p>
                      )}
                    </>
                  )
                },
                {
                  name: "Last used",
                  cell: (item) =>
                    item.source === "environment"
                      ? <span className="faint">not kept</span>
                      : item.lastUsedAt === undefined
                      ? "never"
                      : <Ago at={item.lastUsedAt} />
                },
                {
                  name: "Do",
                  cell: (item) =>
                    item.source === "api" && item.revokedAt === undefined
                      ? <button type="button" onClick={() => setRevoking(item)}>Revoke…</button>
                      : null
                }
              ]}
            />
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
            said={`The key ${revoking.name} is revoked.`}
            run={() => remove(`/v1/keys/${revoking.id}`)}
          >
            <p>Its name stays in the records of what it did.</p>
          </ActDialog>
        )}
    </>
  )
}
