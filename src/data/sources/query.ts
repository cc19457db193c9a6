import type { z } from 'zod';
import { AutodidactError, expected } from '../../errors.js';
import { withRespelledKeys } from '../../options.js';

/**
 * Parses the options behind a data set's name, `count=4000&size=32`.
 *
 * @param spec the name as it was given, for messages
 * @throws AutodidactError `USAGE` for an unknown option or an invalid value
 */
export function parseQuery<Schema extends z.ZodObject>(schema: Schema, query: string, spec: string): z.output<Schema> {
  const given = withRespelledKeys(Object.fromEntries(new URLSearchParams(query)));
  const unknown = Object.keys(given).find((name) => !(name in schema.shape));
  if (unknown !== undefined) throw expected(`one of ${Object.keys(schema.shape).join(', ')}`, spec, unknown);
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new AutodidactError('USAGE', `In ${spec}, \`${issue.path.join('.')}\` does not fit: ${issue.message}`);
}
