package io.holdfast.control.watch;

import jakarta.mail.Message.RecipientType;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/**
 * People who get notices as e-mail, by SMTP (RFC 5321).
 *
 * @param user who logs in, with the password
 * @param authority PEM text
 */
record Mail(
        String host,
        int port,
        Security security,
        Optional<String> user,
        Optional<String> password,
        String from,
        List<String> to,
        Optional<String> authority)
        implements Target {
    private static final String PATIENCE_MILLIS = "10000";
    private static final int MAX_SUBJECT = 200;

    /** How the connection is secured. */
    enum Security {
        /** From its first byte (RFC 8314, section 3.3). */
        TLS,
        /** After STARTTLS (RFC 3207), without which nothing is sent. */
        STARTTLS,
        NONE
    }

    @Override
    public void tell(Notice notice) throws IOException {
        Session session = Session.getInstance(properties());
        try {
            MimeMessage message = new MimeMessage(session);
            message.setFrom(new InternetAddress(from));
            for (String each : to) {
                message.addRecipient(RecipientType.TO, new InternetAddress(each));
            }
            message.setSubject(subject(notice), StandardCharsets.UTF_8.name());
            message.setSentDate(Date.from(notice.at()));
            // Answers by machines to machines go on for ever (RFC 3834).
            message.setHeader("Auto-Submitted", "auto-generated");
            message.setText(notice.text(), StandardCharsets.UTF_8.name());
            message.saveChanges();
            try (Transport transport = session.getTransport(security == Security.TLS ? "smtps" : "smtp")) {
                transport.connect(host, port, user.orElse(null), password.orElse(null));
                transport.sendMessage(message, message.getAllRecipients());
            }
        } catch (MessagingException e) {
            throw new IOException(String.valueOf(e.getMessage()).strip(), e);
        }
    }

    /** Names of hosts and sources are chosen by others: what ends a line ends no header. */
    private static String subject(Notice notice) {
        String text = "[Holdfast] " + notice.subject().replaceAll("\\p{Cntrl}", " ");
        return text.length() > MAX_SUBJECT ? text.substring(0, MAX_SUBJECT) : text;
    }

    private Properties properties() {
        Properties properties = new Properties();
        String prefix = security == Security.TLS ? "mail.smtps." : "mail.smtp.";
        properties.put(prefix + "connectiontimeout", PATIENCE_MILLIS);
        properties.put(prefix + "timeout", PATIENCE_MILLIS);
        properties.put(prefix + "writetimeout", PATIENCE_MILLIS);
        properties.put(prefix + "auth", Boolean.toString(user.isPresent()));
        if (security != Security.NONE) {
            properties.put(prefix + "ssl.checkserveridentity", "true");
            properties.put(prefix + "ssl.protocols", "TLSv1.2 TLSv1.3");
            properties.put(prefix + "ssl.socketFactory", Target.trust(authority).getSocketFactory());
            properties.put(prefix + "ssl.socketFactory.fallback", "false");
        }
        if (security == Security.STARTTLS) {
            properties.put(prefix + "starttls.enable", "true");
            properties.put(prefix + "starttls.required", "true");
        }
        return properties;
    }

    /** Never the password. */
    @Override
    public String toString() {
        return "e-mail to " + String.join(", ", to) + " by " + host;
    }
}
