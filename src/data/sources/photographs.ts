import { extname } from 'node:path';
import type { Split } from './source.js';

/** A photograph in one of Debian's packages. */
export interface Photograph {
  name: string;
  /** File name in the fetched folder. */
  file: string;
  /** Path in the unpacked package. */
  path: string;
  sha256: string;
  split: Split;
}

interface Entry {
  name: string;
  path: string;
  sha256: string;
  split?: 'test';
}

/**
 * The packages of Debian 12 and their licenses according to their copyright files.
 *
 * The photographs were selected by eye. Excluded are drawings, renderings, paintings, logos, screenshots, annotated, gray and
 * nearly empty pictures, portraits, and further pictures of the same scene; of several resolutions the largest is used. Every
 * fifth, of a scene that no other one shows, is a test image.
 */
export const photographPackages = {
  'plasma-workspace-wallpapers': {
    license: 'GPL-2+, KDE Visual Design Group',
  },
  'lomiri-wallpapers-20.04': {
    license: 'CC-BY-SA-3.0, Lukas Baubkus',
  },
  'opencv-doc': {
    license: 'Apache-2.0 and BSD-3-Clause, the contributors of OpenCV',
  },
} as const;

/** Every photograph of the data set `photos`. */
export const photographs: readonly Photograph[] = [
  ...at(
    (folder) => `usr/share/wallpapers/${folder}/contents/images/2560x1600.jpg`,
    [
      {
        name: 'by-the-water',
        path: 'BytheWater',
        sha256: 'c272434ef39f2abf1ed48a15a8910088020f3165329a5092f3940ec9464bc05f',
      },
      {
        name: 'colourful-cups',
        path: 'ColorfulCups',
        sha256: '6e0f3a72feb5a4a9fec191b77e34874c3c69e2d93040deb3f07773e73385023d',
        split: 'test',
      },
      {
        name: 'evening-glow',
        path: 'EveningGlow',
        sha256: '586682dcb362b9f620068f10138f87d0d3649939aef238adc5807cb951976a7a',
      },
      {
        name: 'fallen-leaf',
        path: 'FallenLeaf',
        sha256: '95603a6560c7e8d50e0e03b3f4adbe39c5258c72528e74e4ecaea1daf4e499de',
        split: 'test',
      },
      { name: 'kite', path: 'Kite', sha256: 'bdca288ce296a981e80659c021cf707caddc702c0c8d4247e60bd618476d47f8' },
      {
        name: 'one-stands-out',
        path: 'OneStandsOut',
        sha256: 'cb507baf1dafdcae362264f3aba9483ed4be5f6c9fdd770f0ec0920c6d9e80fd',
      },
      { name: 'path', path: 'Path', sha256: '7477457d7f17b736259f1b021864778ad4ba802cf3214e6728181ff29126bba8' },
    ],
  ),
  ...at(
    (file) => `usr/share/backgrounds/${file}`,
    [
      {
        name: 'nuthatch',
        path: 'Kleiber_by_Lukas_Baubkus.jpg',
        sha256: '6572410c09f4492c74ccadde133565a14c0161617d5917d4c820c66d65a44ba7',
      },
    ],
  ),
  ...at(
    (file) => `usr/share/doc/opencv-doc/examples/${file}`,
    [
      {
        name: 'plant',
        path: 'alphamat/input_images/plant.jpg',
        sha256: '9928b44eee0d1d7ab2ffd9d6d80bbbff962d6e85c7786de2cd3c97fe72229186',
      },
      {
        name: 'aerial',
        path: 'data/aero1.jpg',
        sha256: 'd9a69191f6e3642ea361bc3c62e677b2f40fe6534b78da540f4155e0734b59ef',
      },
      {
        name: 'aloe',
        path: 'data/aloeL.jpg',
        sha256: 'cce5736808efe80d9f04b118dbb978c344d4345672b332718c3e039a3eeb8eee',
      },
      {
        name: 'apple',
        path: 'data/apple.jpg',
        sha256: 'e86879de3d9a807dedc742a8f464f39e6b74bbb531a1fba3583155d94997d1cd',
      },
      {
        name: 'baboon',
        path: 'data/baboon.jpg',
        sha256: '1a1dd18d78eec44420af3b0b7f08ee3d41c982916cae3ce203d7ff35d754cc0f',
        split: 'test',
      },
      {
        name: 'circuit-board',
        path: 'data/board.jpg',
        sha256: '4c9a24ba67138ad5486d550f586cc5dd1161be112f1c1bea336d6c550cdf255f',
      },
      {
        name: 'building',
        path: 'data/building.jpg',
        sha256: '742a1baad62ac82e91e718e77eedf7e85c2eddc4badfb8c87c6cbc86c45a8b07',
        split: 'test',
      },
      {
        name: 'butterfly',
        path: 'data/butterfly.jpg',
        sha256: '34a99716b78ded10eae87b4880de739d3e68cc7dd1a96812bb28f469d5eeaea8',
      },
      {
        name: 'dog',
        path: 'data/chicky_512.png',
        sha256: '4d2cf040de084fd3f34d5e3f96f1251faaa4787c1ac3b548fec5809a0d01854e',
      },
      {
        name: 'fruits',
        path: 'data/fruits.jpg',
        sha256: '9c031d80a1c52da5eca790db896baffec6a7e52bf786cdb7bbfca5c7f880e6a1',
      },
      {
        name: 'graffiti',
        path: 'data/graf1.png',
        sha256: '1504b769303c7bde00fa578eeaad3c68e02aceabeb1242e556f1f8d19e4bdea5',
      },
      {
        name: 'church',
        path: 'data/home.jpg',
        sha256: '23b8cf46a1965d0ec33459b875aed43187802834db49e0daa9fa2cc842e9d8d2',
      },
      {
        name: 'alley',
        path: 'data/leuvenA.jpg',
        sha256: 'b2977cdbd9fb3f94dadd6f76cf586d145676deb8a22b5f0f42149d21c058c09f',
      },
      {
        name: 'orange',
        path: 'data/orange.jpg',
        sha256: '152c20d2f380ac985de25e474e1a5f06ed34b932191342099b8272a63a15a079',
      },
      {
        name: 'toys',
        path: 'data/rubberwhale1.png',
        sha256: 'eb312435369dac9efcc92f7e098edbd9ed8d7e6dfede8b3b4d8e3702cd80b796',
      },
      {
        name: 'squirrel',
        path: 'data/squirrel_cls.jpg',
        sha256: '20bb6e8ae96918a36c9886b6d48e54eedeb3948591e1485c206bc1dc60c8dc8b',
        split: 'test',
      },
      {
        name: 'monarch',
        path: 'dnn_superres/butterfly.png',
        sha256: '1c50e61afddd60ebb3829d85187f4e46c9eb8fd8249237ddf0c8904a3286598d',
        split: 'test',
      },
      {
        name: 'robin',
        path: 'hfs/data/000.jpg',
        sha256: 'e4fec7e2e67a8a425b512dc32452825655b11c7fa83326ae509c5c7ab138da9a',
      },
      {
        name: 'lake',
        path: 'hfs/data/001.jpg',
        sha256: '4bcbe0927a8b50f2487463894328da66cddf37f2daa88448258b72892d1f7a23',
      },
      {
        name: 'tree',
        path: 'hfs/data/002.jpg',
        sha256: '21b07a5287dec0306846191abf720c352e57b2c6b42bb30885c9deb02664ada7',
        split: 'test',
      },
      {
        name: 'house',
        path: 'reg/home.png',
        sha256: '205d424fb53bc9a2d62d03e16a33f70d8609d4602e06194cf6218a3666226512',
      },
      {
        name: 'parking-sign',
        path: 'text/scenetext01.jpg',
        sha256: '7f3041a7019ab4d33d2452bc757d8c4f38616bfde71431e12f7ec370d7b2018e',
      },
      {
        name: 'signpost',
        path: 'text/scenetext02.jpg',
        sha256: 'd4295bff9f348012f91a2cf745753124f85041fe3c3717146c6759c4cd977211',
      },
      {
        name: 'arcade',
        path: 'text/scenetext03.jpg',
        sha256: 'cadf4a3d29a7ba6fe976b53fa65f490cc2868375e8feb3d93f26029f05c662ca',
      },
      {
        name: 'generator',
        path: 'text/scenetext04.jpg',
        sha256: '28e08d142a04f92f96d01ff2674f7804321841cba95bd968980cdc85ef0af6df',
        split: 'test',
      },
      {
        name: 'barrier',
        path: 'text/scenetext05.jpg',
        sha256: '63985ac1a9989a8320605d5be0ec285af0c6304a78cc9cc5de6c2c7c435f7c0b',
      },
      {
        name: 'pub',
        path: 'text/scenetext06.jpg',
        sha256: 'e4d64f10bbfb27b2c5980cb048fd0abe20dd74868ba5460298de473ced53b518',
      },
      {
        name: 'hotel',
        path: 'text/scenetext_segmented_word01.jpg',
        sha256: 'b1524d1ae02ba1ee07bc32285df1083cceca851a28a2f34db63f7cf1169893b2',
      },
      {
        name: 'shop',
        path: 'text/scenetext_segmented_word02.jpg',
        sha256: '1c648c38ebf826968e5daacde0b6845ecfd824420de17a3132096056aa12a6c2',
      },
      {
        name: 'beer-sign',
        path: 'text/scenetext_segmented_word04.jpg',
        sha256: '43524ab83453638e1f4e1aae64c50ecee898cf687612ffec6937ff7e6fd30a35',
      },
    ],
  ),
  ...at(
    (file) => `usr/share/doc/opencv-doc/opencv4/html/${file}`,
    [
      {
        name: 'pumpkin',
        path: 'astra_color.jpg',
        sha256: 'b6a1e10ea441875639af8774bf01bb36ceb847fad0116e18e7bf19da6fe31c49',
      },
      {
        name: 'arch',
        path: 'fusion_mertens.jpg',
        sha256: '55c82505db9ff727217f17bacf29f2117754a490d224425dbb51391858b42b85',
        split: 'test',
      },
      {
        name: 'chapel',
        path: 'fusion.png',
        sha256: '3994737ba4435440d83d307fd956721cbbdf678f3b39e7c7bbb6990dbfb6ea3a',
      },
      {
        name: 'bus',
        path: 'pexels_double_decker_bus.jpg',
        sha256: 'e4c4dd62995cbe30501798f86fcf5973c7abe3ff9f7711fdb72c6d1f7f304484',
      },
      {
        name: 'pines',
        path: 'retina_TreeHdr_small.jpg',
        sha256: '17d768b8cd61a5b079a0547ba991c338d1a5789a8672000bec492ae5cf99329f',
      },
    ],
  ),
];

function at(place: (path: string) => string, entries: Entry[]): Photograph[] {
  return entries.map(({ name, path, sha256, split }) => {
    const whole = place(path);
    return { name, file: name + extname(whole), path: whole, sha256, split: split ?? 'train' };
  });
}
