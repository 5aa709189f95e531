import { DELIVERIES, type Delivery } from '../challenge/challenge.ts'
import { type Context, emitAbout } from '../context/context.ts'
import { InvalidInputError } from '../errors/index.ts'
import { readMessageReference } from '../message/reference.ts'

/** A provider's report about a message that it has accepted. */
export interface DeliveryReport {
  /** The `reference` that was sent with the message. */
  readonly reference: string
  readonly delivery: Exclude<Delivery, 'unknown'>
  /** The provider's id of the message. */
  readonly messageId?: string | null
  /** The provider's error code. */
  readonly providerCode?: number | null
}

const REPORTABLE: readonly unknown[] = DELIVERIES.filter((delivery) => delivery !== 'unknown')

/** Stores the delivery state of a message. Returns whether the state changed. */
export async function recordDelivery(context: Context, report: DeliveryReport): Promise<boolean> {
  const { delivery, messageId = null, providerCode = null } = report
  const name = readMessageReference(report.reference)
  if (name === null) throw new InvalidInputError('reference', 'the reference that was sent with the message')
  if (!REPORTABLE.includes(delivery)) throw new InvalidInputError('delivery', REPORTABLE.join(', '))
  const challenge = await context.stores.otpStore.recordDelivery({ ...name, delivery, handle: null })
  if (challenge === null) return false
  const { phoneNumber } = challenge
  if (delivery === 'delivered') await emitAbout(context, phoneNumber, { type: 'message_delivered', messageId })
  if (delivery === 'failed') {
    await emitAbout(context, phoneNumber, { type: 'message_undelivered', messageId, providerCode })
  }
  return true
}
