import { openHistory } from '../history/history-database.ts';
import { SignInCodes } from './sign-in-codes.ts';

/** Makes a one-time code in the database of a console that may be running in another process. */
export async function newSignInCode(databaseFile: string, now: () => number = Date.now): Promise<string> {
  const database = openHistory(databaseFile);
  try {
    const codes = new SignInCodes(database, now);
    const code = codes.create();
    await codes.settled();
    return code;
  } finally {
    await database.destroy();
  }
}
