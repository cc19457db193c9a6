/** Abbreviations that a sentence rarely ends with; without their last full stop, in small letters. */
const ABBREVIATIONS = new Set(
  (
    'mr mrs ms messrs mme mlle dr prof rev hon gen col maj capt cmdr lt sgt pvt gov sen rep st mt ft jr sr esq vs viz cf e.g i.e al ' +
    'fig figs no nos vol vols ed eds p pp ch sec art op jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thurs fri sat sun ' +
    'approx dept est inc ltd co corp bros ave blvd rd'
  ).split(' '),
);

/** A word with a full stop at the end of a text, without what stands before it. */
const LAST_WORD = /(?:^|[\s("'“‘[])([\p{L}.]+)\.["'”’)\]]*\s*$/u;

/** Lines of at least so many characters are taken for broken by their width, so that a sentence goes on in the next one. */
const BROKEN_LINE = 40;

/** Version of the rules below, a part of the key of packs. */
export const SENTENCE_RULES = 1;

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

/**
 * Where the sentences of a text begin: 0 and, in ascending order, the end of each sentence but the last. Blanks between two sentences belong
 * to the second, as in the tokens of byte-level tokenizers. By `Intl.Segmenter`, which depends on the version of ICU, without its ends after
 * abbreviations and initials, before small letters, and at lines that were broken by their width.
 */
export function sentenceStarts(text: string): number[] {
  const flat = withoutLineBreaks(text);
  const starts = [0];
  let before = '';
  for (const { segment, index } of segmenter.segment(flat)) {
    const end = before.trimEnd();
    const at = index - (before.length - end.length);
    if (index > 0 && at > starts.at(-1)! && segment.trim() !== '' && !goesOn(end, segment)) {
      starts.push(at);
      before = '';
    }
    before += segment;
  }
  return starts;
}

function goesOn(before: string, next: string): boolean {
  if (before === '') return true;
  const word = LAST_WORD.exec(before.slice(-40))?.[1];
  // A question or exclamation that somebody says within a sentence.
  if (word === undefined) return /[?!]/.test(before.slice(-4)) && /^\p{Ll}/u.test(next);
  return /^\p{Lu}$/u.test(word) || ABBREVIATIONS.has(word.toLowerCase()) || /^\p{Ll}/u.test(next);
}

/** Line breaks in the middle of paragraphs replaced by spaces; as long as before. */
function withoutLineBreaks(text: string): string {
  let at = text.indexOf('\n');
  if (at < 0) return text;
  const parts: string[] = [];
  let start = 0;
  for (; at >= 0; at = text.indexOf('\n', start)) {
    const isBroken = at - start >= BROKEN_LINE && !/^\s?$/.test(text[at + 1] ?? '');
    parts.push(text.slice(start, at), isBroken ? ' ' : '\n');
    start = at + 1;
  }
  return parts.join('') + text.slice(start);
}
