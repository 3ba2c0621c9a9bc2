/* SPDX-License-Identifier: Apache-2.0 */
/* Digests of keys and signatures from seeds that count 0, 1, 2... Origin: two implementations made apart from this one,
 * which agree with all published files of lattice_kat_test.c. */
#ifndef QK_CRYPTO_LATTICE_DILITHIUM_VECTORS_H
#define QK_CRYPTO_LATTICE_DILITHIUM_VECTORS_H

#include "crypto/lattice/dilithium.h"

/* clang-format off */
/* Public and private key. */
static const struct pair_vector {
    qk_dilithium_id id;
    const char *public_sha256, *private_sha256;
} pair_vectors[] = {
    { QK_DILITHIUM_R2_54,
      "10817072348ec5c43c1da17641621aae77e549802c3bf662ab4be3fe0162976f",
      "10e2c4b0c016854655d8c1cb4bb3d2eb75a8751cfeb8004bd254e667b7b8e526" },
    { QK_DILITHIUM_R2_65,
      "d610125f604551d4c3cd1978deb40eb75300f029852ddca84a9b66d002120268",
      "4bace67bd52a8c358b380f10ea348d4269b4be5d9585da559831c9e52f2a079c" },
    { QK_DILITHIUM_R2_87,
      "076a7d38a90a72283464aa938e93cd69b8836a9b897725dda34896a5e91f9a8f",
      "dbde54fbeba47b3130d3b40be519447329d2ae6f1e5a0287ef07a891099ada98" },
    { QK_DILITHIUM_R3_44,
      "36844f5d32e0d5a970cc1fbb9168667d368fff43929c2fdbb499af4d08615e85",
      "b6f24c7f5b614d450e600458d661a3f0ffca882176c880f43a26b0fac3f65803" },
    { QK_DILITHIUM_R3_65,
      "f1ed46a5fa18cf94a449bcae78949e14b5c33ce259b95f84813e884539cf40b5",
      "9cc9468b29105b797becb8b74a717e3ba34eebeb96e13f98d60963739e25d61e" },
    { QK_DILITHIUM_R3_87,
      "441e8a351008babada647d7632883f1b98052350601d11899592ec6d0068cea0",
      "73a30d945d92e2c7fce9122145318819a096678dd766ed969ae673d65a4f1d2e" },
    { QK_ML_DSA_44,
      "9f107644c1084526af3bc8098680b05499a2325a644e388fb4f970e058d19d46",
      "04bf6b9f579166a627961dfc5c3bf9717df868db88863856356c4668c8b56b0b" },
    { QK_ML_DSA_65,
      "d666806e11cee19a7c989f7445f90dd419cf4d2d51db8c0fdb4c0f0a542238c9",
      "9f1e24f47795fe50040384e3d6183988047170fa2d866406b70fe0a3f8216063" },
    { QK_ML_DSA_87,
      "91dc389cfaa01470b7f66eee45a4ae9026d154817c754dfe22298b3fa241ffcd",
      "764d3e223ed90c07bc91a0ab6ecd170e5c66ffe39f7039298596039a36005435" },
};

/* Signatures of "abc": plain; with random bytes 0, 1, 2...; with the context "ctx"; and that with SHA-512 before. */
enum how { PLAIN, HEDGED, CONTEXT, PREHASHED };

static const struct sign_vector {
    qk_dilithium_id id;
    enum how how;
    const char *sha256;
} sign_vectors[] = {
    { QK_DILITHIUM_R2_54, PLAIN, "60fb78b5cc80ec98b35701361b2641024f26e64876b385bb0099ef3978b8dc36" },
    { QK_DILITHIUM_R2_65, PLAIN, "485a5e0b69d5aa640a70519127ccec9123fb0909d771688e502f3e0f47798cd3" },
    { QK_DILITHIUM_R2_87, PLAIN, "665a8d859fba89404fa6299c6d4b06b8006d7a9e21c94c58a77e43b08c7eab50" },
    { QK_DILITHIUM_R3_44, PLAIN, "08ee5fec33660e64926efab7eba01e03289d6e802b595f9ffd10be55b063fc46" },
    { QK_DILITHIUM_R3_65, PLAIN, "e9fc8d1d1847ee8a7acbbdc665a09b9aaf9dd86675a52249eb408ef7423ce2ab" },
    { QK_DILITHIUM_R3_87, PLAIN, "bf7afa751344abafc5e01e0fa4c4e28ca90f16f98a89c14a4b660e67ad0bbd94" },
    { QK_ML_DSA_44, PLAIN, "9c2afc5db0e15c199977be79eaee52ca0b538a1b6f8039dcac032a06120cfa87" },
    { QK_ML_DSA_44, HEDGED, "c8a6804badc590a4e95e2ffd2f8bbd0624e181ba9cb1d91d7ecb1eb25bcea623" },
    { QK_ML_DSA_44, CONTEXT, "fc57f10aef60fab618c87ef251f4de2be4cf2745b50de0da66d4887bfc0a71ef" },
    { QK_ML_DSA_44, PREHASHED, "a0678be92b0d1c1c3e6475e6bbe9f061b1f1b8c46113120cd85b8a14decbc380" },
    { QK_ML_DSA_65, PLAIN, "4b01e98dfaa062b0ef64c949f50d2ee923d82f721379727d160ce6fccaa8a6e6" },
    { QK_ML_DSA_65, HEDGED, "c039dee1474a7c9036332e509240ef05d472572b82291ce876f45d9d8d231b20" },
    { QK_ML_DSA_65, CONTEXT, "299079884554dc009fe119b50bef396b027ec092fe90400d7c030f10f7192c99" },
    { QK_ML_DSA_65, PREHASHED, "5728bc9d8230ac0524be2be29b1f2353ec2224ea0203c1a44f2ca74529d2120e" },
    { QK_ML_DSA_87, PLAIN, "91e6609815657b405b6868f9d7ef71ee7882e62a3f5609657156007cdd9a2137" },
    { QK_ML_DSA_87, HEDGED, "f1e33667e073d8393c4d5f9b644b58c5baa63c0be17bf94029cba89a9c3b8bda" },
    { QK_ML_DSA_87, CONTEXT, "2ce9b0d8013a6a75d0e44342b9154fbf6902128d1360d6aa8316ba2a67f2a155" },
    { QK_ML_DSA_87, PREHASHED, "c0f4a2d61cf1435a8692f55774795aaf0368233d887ca0b95b2dc229c2c0c619" },
};

/* Signatures of a number (4 bytes, little endian) with rare ways of signing: for each set, first one where an attempt
 * has too many hints, then one of very many attempts. */
static const struct rare_vector {
    qk_dilithium_id id;
    uint32_t number;
    const char *sha256;
} rare_vectors[] = {
    { QK_DILITHIUM_R2_54, 316, "5e6d18f4c1939b1059436ccf17acf1ad905a00541511dad0c27b832d2f5f1c37" },
    { QK_DILITHIUM_R2_54, 107802, "a18f212af6605efb5226e0d6bb6935f987cab442eeb8dc9270be8f9725a02887" },
    { QK_DILITHIUM_R2_65, 10439, "1c624cb4f92d7528b5ac353a3149e2eb05617bafacd332011db7d366c0341688" },
    { QK_DILITHIUM_R2_65, 259929, "0cc8ea89b95549113eccc0d21d934c9d8b25c04519f39788ef7233fc5b932b1a" },
    { QK_DILITHIUM_R2_87, 29, "c4467eb4103462b68175634f4cbaa56da8ca27dfec55678f2389ed435a83d48a" },
    { QK_DILITHIUM_R2_87, 33187, "f807d57491bd3776ebca5faa63771fa47e179b47642e14f24e1869b6dfd7f77e" },
    { QK_DILITHIUM_R3_44, 48, "9e09e0a3b32e5669d15b45585cf22462a581315f12ddcca5d2c20faaa91d3994" },
    { QK_DILITHIUM_R3_44, 259687, "58d12b727a312b9ac77cf563217a2d74900809121fc145e03904458a58dc32b2" },
    { QK_DILITHIUM_R3_65, 292, "78e2bef62df5b0f51e271b34145607cadf09bda63b3025e37d5724e9d541ee04" },
    { QK_DILITHIUM_R3_65, 103819, "e615e778aadab9bf521788782e7b71396119cfbf0b4ccba14fa1079ed8a023eb" },
    { QK_DILITHIUM_R3_87, 228, "0398fcd5a2f078c2cbba8a26027b6d9e8a501841b1d7c89c44b0034a7a8dd4ad" },
    { QK_DILITHIUM_R3_87, 29407, "a02a7e60460ffb8cc496bc39b6d1dcbae1eabf394043789873a43f15492480af" },
    { QK_ML_DSA_44, 8, "22e4133748b7fead26a04782d779d6bc2f9543dff860609e7df1135c1f532e39" },
    { QK_ML_DSA_44, 256519, "c319b949176aaffea9b67357bb4ea61f2f5a5bc76776b84b5d0aa1ae3814297e" },
    { QK_ML_DSA_65, 135, "129a2a1da4b30a06154a1a07316705679d5dd0b1702ab1d0fb13c0b62c12f9cc" },
    { QK_ML_DSA_65, 41702, "b95e497b70c3e31dee173f1c6af7e51337ff531685606335cfc931c4f3dfb182" },
    { QK_ML_DSA_87, 251, "b0929506c7ae107d6a400c57b9008deec5c1f74f3bcc489dad5fef61b4ec4861" },
    { QK_ML_DSA_87, 121522, "55b15c26c899e174c6c0e789d8dc2cb950cffe4203d4ed9553ebcacf07a0790f" },
};
/* clang-format on */

#endif
