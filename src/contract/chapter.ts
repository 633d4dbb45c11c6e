/** A chapter of a collection of challenges, as a campaign shows it. */
export interface Chapter {
  /** From the name of its folder: 2 of `02-zones`; its place in the collection where that begins with no number. */
  number: number;
  /** The folder's name without the number, and the first part of the ids in it: `zones`. */
  slug: string;
  title: string;
  /** What it is about, a few lines; '' where nobody wrote a chapter.yaml. */
  text: string;
  /** As the file system knows it. */
  folder: string;
  /** Its challenge files, in the order in which they are played. */
  challenges: string[];
}
