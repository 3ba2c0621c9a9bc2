// SPDX-License-Identifier: Apache-2.0
// What a Java application does with a token through SunPKCS11. Speaks lines of "good: sentence" and "bad: sentence: why".
//
// usage: java TokenUser CONFIGURATION PIN PART...; SOFT_P12 names a PKCS #12 file (entry "soft", password "secret")

import java.io.FileInputStream;
import java.nio.charset.StandardCharsets;
import java.security.*;
import java.security.cert.Certificate;
import java.security.spec.*;
import java.util.Arrays;
import javax.crypto.*;
import javax.crypto.spec.*;

public class TokenUser {
    interface Step {
        void take() throws Exception;
    }

    static final byte[] MESSAGE = "What Java signs and encrypts.".getBytes(StandardCharsets.UTF_8);
    static Provider token;
    static KeyStore store;
    static char[] pin;
    static int bad;

    static void check(boolean true_, String what) throws Exception {
        if (!true_)
            throw new Exception(what);
    }

    static void step(String sentence, Step step) {
        try {
            step.take();
            System.out.println("good: " + sentence);
        } catch (Throwable thrown) {
            bad++;
            Throwable cause = thrown.getCause();
            System.out.println("bad: " + sentence + ": " + thrown + (cause == null ? "" : " <- " + cause));
        }
    }

    static void signAndVerify(String algorithm, KeyPair pair, AlgorithmParameterSpec parameters) throws Exception {
        Signature signer = Signature.getInstance(algorithm, token), verifier = Signature.getInstance(algorithm, token);
        if (parameters != null) {
            signer.setParameter(parameters);
            verifier.setParameter(parameters);
        }
        signer.initSign(pair.getPrivate());
        signer.update(MESSAGE);
        byte[] signature = signer.sign();
        verifier.initVerify(pair.getPublic());
        verifier.update(MESSAGE);
        check(verifier.verify(signature), algorithm + " does not verify");
        verifier.initVerify(pair.getPublic());
        verifier.update(MESSAGE, 1, MESSAGE.length - 1);
        check(!verifier.verify(signature), algorithm + " verifies another message");
    }

    static KeyPair generate(String algorithm, AlgorithmParameterSpec parameters) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm, token);
        generator.initialize(parameters);
        return generator.generateKeyPair();
    }

    static KeyPair rsa() throws Exception {
        return generate("RSA", new RSAKeyGenParameterSpec(2048, RSAKeyGenParameterSpec.F4));
    }

    static KeyPair ec(String curve) throws Exception {
        return generate("EC", new ECGenParameterSpec(curve));
    }

    static void signatures() throws Exception {
        KeyPair rsa = rsa();
        for (String hash : new String[] {"SHA1", "SHA224", "SHA256", "SHA384", "SHA512"})
            step(hash + "withRSA signs and verifies", () -> signAndVerify(hash + "withRSA", rsa, null));
        step("RSASSA-PSS signs and verifies", () -> signAndVerify("RSASSA-PSS", rsa,
            new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1)));
        step("SHA384withRSASSA-PSS signs and verifies", () -> signAndVerify("SHA384withRSASSA-PSS", rsa,
            new PSSParameterSpec("SHA-384", "MGF1", MGF1ParameterSpec.SHA384, 48, 1)));
        for (String curve : new String[] {"secp256r1", "secp384r1", "secp521r1"})
            step("ECDSA on " + curve + " signs and verifies", () -> signAndVerify("SHA256withECDSA", ec(curve), null));
        KeyPair ec = ec("secp256r1");
        for (String algorithm : new String[] {"SHA1withECDSA", "SHA224withECDSA", "SHA384withECDSA", "SHA512withECDSA"})
            step(algorithm + " signs and verifies", () -> signAndVerify(algorithm, ec, null));
        step("a key that was given to the token signs", () -> {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", "SunRsaSign");
            generator.initialize(2048);
            KeyPair soft = generator.generateKeyPair();
            signAndVerify("SHA256withRSA", soft, null);
        });
    }

    static byte[] crypt(String name, int mode, Key key, AlgorithmParameterSpec parameters, byte[] in) throws Exception {
        Cipher cipher = Cipher.getInstance(name, token);
        if (parameters == null)
            cipher.init(mode, key);
        else
            cipher.init(mode, key, parameters);
        return cipher.doFinal(in);
    }

    static void thereAndBack(String name, Key to, Key fro, AlgorithmParameterSpec parameters, byte[] in) throws Exception {
        byte[] out = crypt(name, Cipher.ENCRYPT_MODE, to, parameters, in);
        check(!Arrays.equals(in, out), "nothing happened");
        check(Arrays.equals(in, crypt(name, Cipher.DECRYPT_MODE, fro, parameters, out)), "something else came back");
    }

    static SecretKey aes(int bits) throws Exception {
        KeyGenerator generator = KeyGenerator.getInstance("AES", token);
        generator.init(bits);
        return generator.generateKey();
    }

    static void ciphers() throws Exception {
        byte[] iv = new byte[16], blocks = new byte[4096];
        IvParameterSpec parameters = new IvParameterSpec(iv);
        for (int bits : new int[] {128, 256}) {
            step("AES-" + bits + " is generated and encrypts: CBC, ECB, padded and not", () -> {
                SecretKey key = aes(bits);
                thereAndBack("AES/CBC/PKCS5Padding", key, key, parameters, MESSAGE);
                thereAndBack("AES/CBC/NoPadding", key, key, parameters, blocks);
                thereAndBack("AES/ECB/NoPadding", key, key, null, blocks);
                thereAndBack("AES/ECB/PKCS5Padding", key, key, null, MESSAGE);
            });
        }
        step("AES-GCM encrypts", () -> {
            SecretKey key = aes(256);
            thereAndBack("AES/GCM/NoPadding", key, key, new GCMParameterSpec(128, new byte[12]), MESSAGE);
        });
        step("an altered GCM ciphertext is refused", () -> {
            SecretKey key = aes(128);
            GCMParameterSpec gcm = new GCMParameterSpec(128, new byte[12]);
            byte[] out = crypt("AES/GCM/NoPadding", Cipher.ENCRYPT_MODE, key, gcm, MESSAGE);
            out[0] ^= 1;
            try {
                crypt("AES/GCM/NoPadding", Cipher.DECRYPT_MODE, key, gcm, out);
            } catch (GeneralSecurityException refused) {
                return;
            }
            check(false, "it was not");
        });
        step("AES agrees with Java's own", () -> {
            SecretKey soft = new SecretKeySpec(new byte[16], "AES");
            SecretKey key = SecretKeyFactory.getInstance("AES", token).translateKey(soft);
            Cipher own = Cipher.getInstance("AES/CBC/PKCS5Padding", "SunJCE");
            own.init(Cipher.ENCRYPT_MODE, soft, parameters);
            check(Arrays.equals(own.doFinal(MESSAGE),
                crypt("AES/CBC/PKCS5Padding", Cipher.ENCRYPT_MODE, key, parameters, MESSAGE)), "they differ");
        });
        step("RSA encrypts", () -> {
            KeyPair pair = rsa();
            thereAndBack("RSA/ECB/PKCS1Padding", pair.getPublic(), pair.getPrivate(), null, MESSAGE);
        });
    }

    static void wrapping() throws Exception {
        step("RSA wraps and unwraps a key", () -> {
            KeyPair pair = rsa();
            SecretKey key = SecretKeyFactory.getInstance("AES", token).translateKey(new SecretKeySpec(new byte[16], "AES"));
            Cipher cipher = Cipher.getInstance("RSA/ECB/PKCS1Padding", token);
            cipher.init(Cipher.WRAP_MODE, pair.getPublic());
            byte[] wrapped = cipher.wrap(key);
            cipher.init(Cipher.UNWRAP_MODE, pair.getPrivate());
            Key unwrapped = cipher.unwrap(wrapped, "AES", Cipher.SECRET_KEY);
            check(Arrays.equals(crypt("AES/ECB/NoPadding", Cipher.ENCRYPT_MODE, key, null, new byte[16]),
                crypt("AES/ECB/NoPadding", Cipher.ENCRYPT_MODE, unwrapped, null, new byte[16])), "another key came back");
        });
    }

    static void others() throws Exception {
        for (String name : new String[] {"HmacSHA1", "HmacSHA224", "HmacSHA256", "HmacSHA384", "HmacSHA512"})
            step(name + " is Java's own", () -> {
                SecretKey key = new SecretKeySpec(MESSAGE, "Generic");
                Mac mac = Mac.getInstance(name, token), own = Mac.getInstance(name, "SunJCE");
                mac.init(key);
                own.init(key);
                check(Arrays.equals(mac.doFinal(MESSAGE), own.doFinal(MESSAGE)), "they differ");
            });
        for (String name : new String[] {"SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512", "SHA-512/256"})
            step(name + " is Java's own", () -> {
                MessageDigest digest = MessageDigest.getInstance(name, token);
                digest.update(MESSAGE, 0, 7);
                digest.update(MESSAGE, 7, MESSAGE.length - 7);
                check(Arrays.equals(digest.digest(), MessageDigest.getInstance(name, "SUN").digest(MESSAGE)), "they differ");
            });
        step("random is drawn and seeds are taken", () -> {
            SecureRandom random = SecureRandom.getInstance("PKCS11", token);
            byte[] one = new byte[1000], other = new byte[1000];
            random.nextBytes(one);
            random.setSeed(MESSAGE);
            random.nextBytes(other);
            check(!Arrays.equals(one, other) && !Arrays.equals(one, new byte[1000]), "nothing was drawn");
        });
    }

    // keytool made "made" (EC) before; its certificate chain is there, too.
    static void keyStore() throws Exception {
        step("the key store shows what keytool made", () -> {
            check(store.isKeyEntry("made"), "no such key");
            PrivateKey key = (PrivateKey)store.getKey("made", null);
            Certificate certificate = store.getCertificate("made");
            check(key.getEncoded() == null, "the private key left the token");
            signAndVerify("SHA256withECDSA", new KeyPair(certificate.getPublicKey(), key), null);
        });
        step("a secret key is stored, found again and deleted", () -> {
            store.setEntry("secret", new KeyStore.SecretKeyEntry(aes(256)), null);
            KeyStore again = KeyStore.getInstance("PKCS11", token);
            again.load(null, pin);
            Key key = again.getKey("secret", null);
            thereAndBack("AES/CBC/PKCS5Padding", key, key, new IvParameterSpec(new byte[16]), MESSAGE);
            again.deleteEntry("secret");
            check(!again.containsAlias("secret"), "it is still there");
        });
        step("a private key of one's own is stored with its certificate", () -> {
            KeyStore soft = KeyStore.getInstance("PKCS12");
            soft.load(new FileInputStream(System.getenv("SOFT_P12")), "secret".toCharArray());
            Key key = soft.getKey("soft", "secret".toCharArray());
            store.setKeyEntry("soft", key, null, soft.getCertificateChain("soft"));
            PrivateKey stored = (PrivateKey)store.getKey("soft", null);
            signAndVerify("SHA256withRSA", new KeyPair(store.getCertificate("soft").getPublicKey(), stored), null);
            check(Arrays.equals(store.getCertificate("soft").getEncoded(), soft.getCertificate("soft").getEncoded()),
                "another certificate came back");
            store.deleteEntry("soft");
            check(!store.containsAlias("soft"), "it is still there");
        });
    }

    static void copies() throws Exception {
        step("a digest in progress is copied", () -> {
            MessageDigest digest = MessageDigest.getInstance("SHA-256", token);
            digest.update(MESSAGE, 0, 7);
            MessageDigest copy = (MessageDigest)digest.clone();
            digest.update(MESSAGE, 7, MESSAGE.length - 7);
            copy.update(MESSAGE, 7, MESSAGE.length - 7);
            check(Arrays.equals(digest.digest(), copy.digest()), "they differ");
        });
    }

    static void derivations() throws Exception {
        step("ECDH agrees with Java's own", () -> {
            KeyPair one = ec("secp256r1");
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", "SunEC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            KeyPair other = generator.generateKeyPair();
            KeyAgreement here = KeyAgreement.getInstance("ECDH", token), there = KeyAgreement.getInstance("ECDH", "SunEC");
            here.init(one.getPrivate());
            here.doPhase(other.getPublic(), true);
            there.init(other.getPrivate());
            there.doPhase(one.getPublic(), true);
            check(Arrays.equals(here.generateSecret(), there.generateSecret()), "they differ");
        });
    }

    public static void main(String[] arguments) throws Exception {
        token = Security.getProvider("SunPKCS11").configure(arguments[0]);
        Security.addProvider(token);
        pin = arguments[1].toCharArray();
        store = KeyStore.getInstance("PKCS11", token);
        store.load(null, pin);
        for (String part : Arrays.copyOfRange(arguments, 2, arguments.length))
            switch (part) {
                case "signatures" -> signatures();
                case "ciphers" -> ciphers();
                case "wrapping" -> wrapping();
                case "others" -> others();
                case "keystore" -> keyStore();
                case "copies" -> copies();
                case "derivations" -> derivations();
                default -> throw new IllegalArgumentException(part);
            }
        System.exit(bad == 0 ? 0 : 1);
    }
}
