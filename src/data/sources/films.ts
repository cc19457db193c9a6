import type { Split } from './source.js';

/** A video in one of Debian's packages. */
export interface Film {
  /** File name in the fetched folder. */
  file: string;
  /** Path in the unpacked package, without `.gz`. */
  path: string;
  sha256: string;
  split: Split;
}

/**
 * The packages of Debian 12 and what their copyright files say of the videos. Left out are two scenes of an animated film in `opencv-doc`, whose
 * frames must not be shown, and further encodings of the same scene.
 */
export const filmPackages = {
  'opencv-doc': { license: 'Apache-2.0 and BSD-3-Clause, the contributors of OpenCV' },
  'forensics-samples-files': { license: 'CC-BY-SA-4.0, Joao Eriberto Mota Filho' },
  'python-kivy-examples': { license: 'Expat, the Kivy team; the name of the file says CC0' },
} as const;

const OPENCV = 'usr/share/doc/opencv-doc';

/** Every video of the data set `videos`; the test scene is shown by no other. */
export const films: readonly Film[] = [
  {
    file: 'pedestrians.avi',
    path: `${OPENCV}/examples/data/vtest.avi`,
    sha256: '45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf',
    split: 'train',
  },
  {
    file: 'tree.avi',
    path: `${OPENCV}/examples/data/tree.avi`,
    sha256: '4666099d0f704e310047b2f0a5ec9f936cb76a7271de9a2e70a0c57f82ac82dc',
    split: 'train',
  },
  {
    file: 'box.mp4',
    path: `${OPENCV}/opencv4/html/box.mp4`,
    sha256: '62b744b99403f899707c43398a3822441add6160379ab6dd6c12bde9e3075f8d',
    split: 'train',
  },
  {
    file: 'cup.mp4',
    path: `${OPENCV}/opencv4/html/cup.mp4`,
    sha256: '37db9cee98f70b1458985a15ad2e5b0183e90e24c281b534afcf812e5986154f',
    split: 'test',
  },
  {
    file: 'dog.mp4',
    path: 'usr/share/forensics-samples/original-files/movie1/VID_20191220_170832.mp4',
    sha256: '9b0710a436413f75cc3cd1c1048aa3c4d7c28f76f51ef6a25413d0018d22ec99',
    split: 'train',
  },
  {
    file: 'towers.mpg',
    path: 'usr/share/kivy-examples/widgets/cityCC0.mpg',
    sha256: 'fe129d341e5b1a174336b956bf16d2b215a506c4a07f6fa3351a1e9b58ca0279',
    split: 'train',
  },
];
