// SPDX-License-Identifier: Apache-2.0
// What a Java application does with a token through SunPKCS11. Speaks lines of "good: sentence" and "bad: sentence: why".
//
// usage: java TokenUser CONFIGURATION PIN PART...; SOFT_P12 names a PKCS #12 file (entry "soft", password "secret")

import java.io.FileInputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.*;
import java.security.cert.Certificate;
import java.security.spec.*;
import java.util.Arrays;
import java.util.concurrent.FutureTask;
import javax.crypto.*;
import javax.crypto.spec.*;
import javax.net.ssl.*;

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

    // The key of SOFT_P12 (RSA) goes into the token.
    static KeyStore storeSoft() throws Exception {
        KeyStore soft = KeyStore.getInstance("PKCS12");
        soft.load(new FileInputStream(System.getenv("SOFT_P12")), "secret".toCharArray());
        Key key = soft.getKey("soft", "secret".toCharArray());
        store.setKeyEntry("soft", key, null, soft.getCertificateChain("soft"));
        return soft;
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
            KeyStore soft = storeSoft();
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

    // Java closes the session of a digest that it cancels, and with the last session the login ends; a key keeps one open.
    static SecretKey anchor;

    // Before the first class of TLS is there: the token comes first, all versions are allowed, and the sides agree in groups
    // that tokens know.
    static void tokenFirst(boolean extendedMasterSecret) throws Exception {
        anchor = aes(128);
        Security.setProperty("jdk.tls.disabledAlgorithms", "");
        Security.setProperty("jdk.certpath.disabledAlgorithms", "");
        System.setProperty("jdk.tls.namedGroups", "secp256r1,ffdhe2048");
        System.setProperty("jdk.tls.useExtendedMasterSecret", String.valueOf(extendedMasterSecret));
        Security.removeProvider(token.getName());
        Security.insertProviderAt(token, 1);
    }

    // The server has the token's keys, the client trusts their certificates alone.
    static SSLContext tlsContext(boolean server) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        if (server) {
            KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
            keys.init(store, pin);
            context.init(keys.getKeyManagers(), new TrustManager[0], null);
        } else {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trusted.load(null, null);
            trusted.setCertificateEntry("authority", store.getCertificateChain("made")[1]);
            trusted.setCertificateEntry("soft", store.getCertificate("soft"));
            trust.init(trusted);
            context.init(null, trust.getTrustManagers(), null);
        }
        return context;
    }

    static void say(SSLSocket socket, byte[] what) throws Exception {
        OutputStream out = socket.getOutputStream();
        out.write(what);
        out.flush();
    }

    static SSLSocket prepared(SSLSocket socket, String version, String suite) throws Exception {
        socket.setSoTimeout(30000);
        socket.setEnabledProtocols(new String[] {version});
        socket.setEnabledCipherSuites(new String[] {suite});
        return socket;
    }

    // Server and client of this program say the message to each other.
    static void speak(SSLContext server, SSLContext client, String version, String suite) throws Exception {
        InetAddress here = InetAddress.getLoopbackAddress();
        try (SSLServerSocket door = (SSLServerSocket)server.getServerSocketFactory().createServerSocket(0, 1, here)) {
            FutureTask<Void> serving = new FutureTask<>(() -> {
                try (SSLSocket socket = prepared((SSLSocket)door.accept(), version, suite)) {
                    say(socket, socket.getInputStream().readNBytes(MESSAGE.length));
                }
                return null;
            });
            new Thread(serving).start();
            try (SSLSocket socket = (SSLSocket)client.getSocketFactory().createSocket(here, door.getLocalPort())) {
                say(prepared(socket, version, suite), MESSAGE);
                check(Arrays.equals(socket.getInputStream().readNBytes(MESSAGE.length), MESSAGE), "it came back otherwise");
                check(socket.getSession().getProtocol().equals(version), "another version was spoken");
            }
            serving.get();
        }
    }

    static void tlsSteps(String what, String[][] connections) throws Exception {
        storeSoft();
        SSLContext server = tlsContext(true), client = tlsContext(false);
        for (String[] of : connections)
            step(of[0] + ", " + of[1] + ", " + what, () -> speak(server, client, of[0], of[1]));
        store.deleteEntry("soft");
    }

    // What the sides agree on and all that comes of it is sensitive: if they understand each other, the token derived it. Java
    // before 24 must not do so with TLS 1.3: docs/interoperability.md.
    static void tlsInside() throws Exception {
        tokenFirst(false);
        step("what two sides agree on stays in the token", () -> {
            KeyPair one = ec("secp256r1"), other = ec("secp256r1");
            KeyAgreement agreement = KeyAgreement.getInstance("ECDH", token);
            agreement.init(one.getPrivate());
            agreement.doPhase(other.getPublic(), true);
            check(agreement.generateSecret("TlsPremasterSecret").getEncoded() == null, "it left the token");
        });
        tlsSteps("all in the token", new String[][] {
            {"TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
            {"TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"},
            {"TLSv1.1", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"},
            {"TLSv1", "TLS_DHE_RSA_WITH_AES_256_CBC_SHA"}});
        if (Runtime.version().feature() >= 24)
            tlsSteps("all in the token", new String[][] {{"TLSv1.3", "TLS_AES_256_GCM_SHA384"}});
    }

    // Java reads what the sides agree on and goes on itself where no mechanism of the token does.
    static void tls() throws Exception {
        tokenFirst(true);
        tlsSteps("with the token's keys", new String[][] {
            {"TLSv1.3", "TLS_AES_128_GCM_SHA256"},
            {"TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
            {"TLSv1.2", "TLS_RSA_WITH_AES_128_CBC_SHA256"},
            {"TLSv1.1", "TLS_RSA_WITH_AES_128_CBC_SHA"}});
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
                case "tls-inside" -> tlsInside();
                case "tls" -> tls();
                default -> throw new IllegalArgumentException(part);
            }
        System.exit(bad == 0 ? 0 : 1);
    }
}
