/** An address as people may see it. */

/** The address without what may be a secret: user, query and fragment are left out. What is no address is not shown. */
export const toShownUrl = (text: string): string => {
  if (!URL.canParse(text)) return "an address that cannot be read"
  const { host, pathname, protocol } = new URL(text)
  return `${protocol}//${host}${pathname}`
}
