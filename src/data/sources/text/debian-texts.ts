/** A file in one of Debian's packages. */
export interface DebianFile {
  /** Name in the fetched folder. */
  file: string;
  /** Path in the unpacked package. */
  path: string;
  sha256: string;
}

/** WordNet 3.0: its words with their definitions, and the forms that no rule gives. */
export const WORDNET_FILES: readonly DebianFile[] = [
  {
    file: 'data.noun',
    path: 'usr/share/wordnet/data.noun',
    sha256: 'fea17d2f9656611334eac790e5d69e47645fa180c4aa481fb4cd9b3520754ca2',
  },
  {
    file: 'data.verb',
    path: 'usr/share/wordnet/data.verb',
    sha256: 'adcf43e35b581e8036d8b5a52d63d9cd3d3b4870b2720d3c03c799df44777bc2',
  },
  {
    file: 'data.adj',
    path: 'usr/share/wordnet/data.adj',
    sha256: 'c89120dfc1f046ddff4a631bf9b7e9fa1a36b5e86565a23bf82dbe14f30b88a7',
  },
  {
    file: 'data.adv',
    path: 'usr/share/wordnet/data.adv',
    sha256: '444a63bf3955080ab7524f5079cfc07ff9bc682cb98bdb1db73b0fb9829f1139',
  },
  {
    file: 'noun.exc',
    path: 'usr/share/wordnet/noun.exc',
    sha256: '2b5d675c380b39ecf595af9fa9d4e7feb1d58c643b0bff08c40ed5bfe41fab7a',
  },
  {
    file: 'verb.exc',
    path: 'usr/share/wordnet/verb.exc',
    sha256: 'dbbcf9a601b2d77e934e413b91d90e88ec7f933a8b77cfc00602a923b891b42c',
  },
  {
    file: 'adj.exc',
    path: 'usr/share/wordnet/adj.exc',
    sha256: '8824cc24bbedd797b9702316b27f07cd4c2b76b629539f0a1276f03926758016',
  },
  {
    file: 'adv.exc',
    path: 'usr/share/wordnet/adv.exc',
    sha256: 'e7291461b629abfe63301bbe1998cee09fd575ed7107abd7ea9763adb05bf0a8',
  },
];

/** Two Bibles in the format of the SWORD library: the King James Version and the World English Bible. */
export const BIBLE_FILES: readonly DebianFile[] = [
  {
    file: 'kjv-ot.bzs',
    path: 'usr/share/sword/modules/texts/ztext/engKJV2006eb/ot.bzs',
    sha256: '0d518856e8c6ceae0ca58bef944ba9a2809b5d4489cf81900853ad4af227510b',
  },
  {
    file: 'kjv-ot.bzv',
    path: 'usr/share/sword/modules/texts/ztext/engKJV2006eb/ot.bzv',
    sha256: 'b4fae54cb0b979b7f3f78fe6eaa94bad1f1d408eccb4a40410402b794b5c2f0f',
  },
  {
    file: 'kjv-ot.bzz',
    path: 'usr/share/sword/modules/texts/ztext/engKJV2006eb/ot.bzz',
    sha256: '69f7e4e9b42ecef2e212ea957a388fccbeed1e3e333a38cf52e1b4064c6ce373',
  },
  {
    file: 'kjv-nt.bzs',
    path: 'usr/share/sword/modules/texts/ztext/engKJV2006eb/nt.bzs',
    sha256: 'e7f9bc653743217cdcdf95890a708f997a03af056161d84bb540efef79e4e638',
  },
  {
    file: 'kjv-nt.bzv',
    path: 'usr/share/sword/modules/texts/ztext/engKJV2006eb/nt.bzv',
    sha256: '9d1daab8fb6ef43b53642cdd3276c1fa95ecfde08901bbb349be6378d1e1b972',
  },
  {
    file: 'kjv-nt.bzz',
    path: 'usr/share/sword/modules/texts/ztext/engKJV2006eb/nt.bzz',
    sha256: '135b6e70af49372f3a82c5d9cc3c00278f38dbb2c12af74ea8d4b54c18d0cd56',
  },
  {
    file: 'web-ot.bzs',
    path: 'usr/share/sword/modules/texts/ztext/engWEB2015eb/ot.bzs',
    sha256: '2c16645bb829c05b20f39769e1fa23212743335143833a819f29e412c6def8ce',
  },
  {
    file: 'web-ot.bzv',
    path: 'usr/share/sword/modules/texts/ztext/engWEB2015eb/ot.bzv',
    sha256: 'dbd3b762b7159c5dd4b535f75b6ab643fb62ae44f4655aff3c5098a955a1ae57',
  },
  {
    file: 'web-ot.bzz',
    path: 'usr/share/sword/modules/texts/ztext/engWEB2015eb/ot.bzz',
    sha256: '4633066d3872f1a3e600d2d10e667a13cd6c32bf116ca971d3c8f288bc3ea453',
  },
  {
    file: 'web-nt.bzs',
    path: 'usr/share/sword/modules/texts/ztext/engWEB2015eb/nt.bzs',
    sha256: 'bec87a360bbc6bfbcd7de513edf928ceebb428dd2baff813aebf521bb0c6cc83',
  },
  {
    file: 'web-nt.bzv',
    path: 'usr/share/sword/modules/texts/ztext/engWEB2015eb/nt.bzv',
    sha256: 'bb7a522d8323ccd7be462fca4dcd53c06d966c140fe260a6295e05393d259338',
  },
  {
    file: 'web-nt.bzz',
    path: 'usr/share/sword/modules/texts/ztext/engWEB2015eb/nt.bzz',
    sha256: '5429389d9331b7a86901a73afa74f32d089cae3d5bd8dfe304b11808714a69ba',
  },
];
