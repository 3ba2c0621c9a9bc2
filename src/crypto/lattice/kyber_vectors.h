/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QK_CRYPTO_LATTICE_KYBER_VECTORS_H
#define QK_CRYPTO_LATTICE_KYBER_VECTORS_H

#include "crypto/lattice/kyber.h"

/* For d || z = 0, 1, ... 63 and coins 64 ... 95: SHA-256 of public key, private key and ciphertext; the secret; and the
 * secret after the lowest bit of the ciphertext's first byte is turned. Origin: two implementations made apart from
 * this one, which agree with all published files of lattice_kat_test.c. */
/* clang-format off */
static const struct kem_vector {
    qk_kyber_id id;
    const char *public_sha256, *private_sha256, *ciphertext_sha256, *shared, *rejected;
} vectors[] = {
    { QK_KYBER_R2_512,
      "e5c1116a9e34ba33c4baf3f66d489e38369fbfeb84773f730da8496667e6edbc",
      "4812f96c27461373a19005c801ea888db1415324e122c2c2c2b9451dbdd162d4",
      "6ac30336a23e3e39274201059a35ab07b59b4100a9b2234bce6bf2efba53d231",
      "d138153e364b9d1698e1d40003c6db6578eb3fcaf5dcc6ed4fefdb10653e33b0",
      "b7eb7630a8ee4f53b87c50663793ae5895ea20cce3fcf9f928c1e4a4cbdccdc7" },
    { QK_KYBER_R2_768,
      "bb2a332a6ccce1bb57502e16a59bb9fe8b84e026b1746f4af2b3e9d7316bf9df",
      "5650204dced4568e63bcb678920f40ed69cc2e71e5278275822dde844bfcd696",
      "e6cb5ba103c4a890e6243631dba8a3caa369bf0db348fab5f9f05f3b7fc11d78",
      "485b7a1df8dc37299d288144960f80ae2c50924e29a6697e79365098eaf05424",
      "e2ea7338db27bb0d4e276dd4fdc8819f8cbfc321c387de7e3fc4a2cbb8782496" },
    { QK_KYBER_R2_1024,
      "4ee7587bc4f60b333c2a80b6a3f6bd015edc3277b967373d9397f824d25205a9",
      "bfc27374696bf80c21656dad91dd25c05847cf9816646bad415fc95540be16c3",
      "a778d1143b4a5876183e55729644215966d7d8ed7e53a6628876f0f0def319e1",
      "5c288db416f0601d507f46097c17913df38f57e441d961543958bd56a8c5afc9",
      "1d4852156c41ddae2f359a254867aef7a79445a1641a91123b1080344d404e5f" },
    { QK_ML_KEM_512,
      "3ae268dccc5456ac0d0f9b39257dc48fe081383b97c400512d712b739762daee",
      "17fb29b8c4baf74fb81eea15ffd583b3e37f5a5b8dcf6db96c72c3b3751d6f17",
      "81efe667826848514dcae46fc10cfd34f7b95ed6900e094f727c9e7cccc34df2",
      "14cace3e48771b316676afad2cfcfe8488daaa4fad954e57236caa3f24a42cf7",
      "32ee1fb3f7bd2915218e9c1b2d0d2da88f0edce6804278bab3a6123c5bb64fc4" },
    { QK_ML_KEM_768,
      "0b7934c83125c788995e2ba6bd761e33046b3e40571be53e023309a29f398cc9",
      "dac268bde6a8dd238e9887117d6b664e7a7a9350ad6b7c08a948e504809572a5",
      "dbf4e9aa48b078ad46ec1c9c47bda8c2d2fec9d0e7a21bd48d2238a2abedb856",
      "9cddd089ffe70e3996e76f7c8d06746df34d07e8657bc0fcf2bb0e1c3084aea1",
      "dcfc80c6db46ff7028e3a4398651c063ae7a42c107a6dc8cb07141861698ab92" },
    { QK_ML_KEM_1024,
      "c7b8fa0aa471d5ae18922d6ccad5b31e1d84f92ae723abfd13747018740a8530",
      "3a2a676c5a242ee683cb6097c8f3e64fbef4d90267f9250ec2beab8f99621fad",
      "7c89743960f7c3d17bb69572e49de14fe0990c9113a0706963a8f4c7b39afcdf",
      "0ad8d1ea1b8dd788979b4379581218df9321bdce5567eca42ae6be7d395f1a54",
      "8f2c880890996c587aa500cf8b6da03372de706a9f96075744bb0956ea6fbaac" },
};
/* clang-format on */

#endif
