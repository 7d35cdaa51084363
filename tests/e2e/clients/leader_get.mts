// An application that asks its sidecar whether it leads, by fetch.
import * as os from 'node:os'

export async function isLeader(): Promise<boolean> {
  const url = process.env.ELECTOR_GET_URL as string
  const answer = await fetch(url)
  if (!answer.ok) {
    throw new Error(`no leader from ${url}: ${answer.status} ${answer.statusText}`)
  }
  const leader: { name: string; last_update: string } = await answer.json()
  return leader.name === os.hostname()
}

console.log(await isLeader())
