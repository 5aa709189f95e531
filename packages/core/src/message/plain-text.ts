// In a code message, only the origin-bound line may contain @, # or a link. Phones also make a name
// such as `Booking.com` tappable.
const LINK = /[@#]|:\/\/|\bwww\.|\b(mailto|tel):|[\p{L}\p{N}]\.\p{L}{2}/iu

const CONTROL = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u200b\ufeff]/u

const VISIBLE = /(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{N}\p{P}\p{S}]/u

const MAX_APPLICATION_NAME = 30

/** Whether a phone could make a part of a text tappable, or read it as an origin-bound line. */
export function hasLink(text: string): boolean {
  return LINK.test(text.normalize('NFKC'))
}

/** Whether a text contains line breaks, other controls, or marks that change its direction. */
export function hasControls(text: string): boolean {
  return CONTROL.test(text)
}

/**
 * Returns why the name of an application cannot be part of a code message; `null` if it can. The
 * name can be in any script.
 */
export function applicationNameProblem(name: unknown): string | null {
  if (typeof name !== 'string') return 'must be a string.'
  if (name.length > MAX_APPLICATION_NAME || !VISIBLE.test(name) || hasControls(name)) {
    return `must have 1 to ${MAX_APPLICATION_NAME} characters, without line breaks and other controls.`
  }
  return hasLink(name)
    ? 'must not contain @, # or a link. Phones turn a name such as "Booking.com" into a link; write it without the dot.'
    : null
}
