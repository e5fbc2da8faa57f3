// SPDX-License-Identifier: MIT
package io.dwunw.it.spring;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.web.servlet.context.ServletWebServerApplicationContext;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** Serves notes from a database in memory, asks itself for them for a number of requests, and ends. */
@SpringBootApplication
@RestController
public class NotesApplication {
    private final Notes notes;

    public NotesApplication(Notes notes) {
        this.notes = notes;
    }

    public static void main(String[] arguments) throws Exception {
        SpringApplication application = new SpringApplication(NotesApplication.class);
        application.setDefaultProperties(Map.of(
                "server.port", "0",
                "spring.jpa.hibernate.ddl-auto", "create",
                "spring.main.banner-mode", "off"));
        try (var context = (ServletWebServerApplicationContext) application.run()) {
            int requests = Integer.parseInt(arguments[0]);
            ask(context.getWebServer().getPort(), requests);
            System.out.println("requests=" + requests);
        }
    }

    private static void ask(int port, int requests) throws IOException, InterruptedException {
        HttpClient client = HttpClient.newHttpClient();
        URI uri = URI.create("http://127.0.0.1:" + port + "/notes");
        for (int i = 0; i < requests; i++) {
            HttpRequest.Builder request = HttpRequest.newBuilder(uri);
            if (i % 4 == 0) {
                request.POST(HttpRequest.BodyPublishers.ofString("note " + i));
            }
            int status = client.send(request.build(), BodyHandlers.ofString()).statusCode();
            if (status != 200) {
                throw new IOException("status " + status);
            }
        }
    }

    /** The newest notes. */
    @GetMapping("/notes")
    public List<Note> newest() {
        List<Note> all = notes.findAll();
        return all.subList(Math.max(0, all.size() - 20), all.size());
    }

    /** Keeps a note. */
    @PostMapping("/notes")
    public Note add(@RequestBody String text) {
        return notes.save(new Note(text));
    }
}
