import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderLatchListener;
import org.apache.curator.retry.RetryNTimes;

/**
 * Curator's LeaderLatch as a subject of the benchmarks: it reads commands from standard input and
 * answers on standard output. Arguments: ZooKeeper's address, the session time-out in milliseconds,
 * and CLOCK_BOOTTIME minus System.nanoTime() in nanoseconds.
 */
public final class Subject {
  private static String servers;
  private static int timeoutMs;
  private static long offsetNs;
  private static CuratorFramework shared;

  private static long now() {
    return System.nanoTime() + offsetNs;
  }

  private static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  private static CuratorFramework connect() throws Exception {
    CuratorFramework client =
        CuratorFrameworkFactory.builder()
            .connectString(servers)
            .sessionTimeoutMs(timeoutMs)
            .connectionTimeoutMs(timeoutMs)
            .retryPolicy(new RetryNTimes(10, 100))
            .build();
    client.start();
    client.blockUntilConnected();
    return client;
  }

  private static LeaderLatch latch(CuratorFramework client, String key, Runnable led)
      throws Exception {
    LeaderLatch latch = new LeaderLatch(client, "/" + key);
    latch.addListener(
        new LeaderLatchListener() {
          @Override
          public void isLeader() {
            led.run();
          }

          @Override
          public void notLeader() {}
        });
    latch.start();
    return latch;
  }

  /** One latch with its own session. */
  private static final class Candidate {
    final int id;
    final String key;
    final CuratorFramework client;
    LeaderLatch latch;

    Candidate(int id, String key) throws Exception {
      this.id = id;
      this.key = key;
      client = connect();
    }

    void stand() throws Exception {
      latch = Subject.latch(client, key, () -> say("leading " + id + " " + now()));
    }

    void release() throws Exception {
      say("releasing " + id + " " + now());
      latch.close();
    }
  }

  private static void enterMany(String prefix, int n) throws Exception {
    if (shared == null) shared = connect();
    long begun = now();
    AtomicInteger leading = new AtomicInteger();
    for (int i = 0; i < n; ++i) {
      latch(
          shared,
          prefix + "/" + i,
          () -> {
            if (leading.incrementAndGet() == n) say("all " + n + " " + begun + " " + now());
          });
    }
  }

  public static void main(String[] arguments) throws Exception {
    servers = arguments[0];
    timeoutMs = Integer.parseInt(arguments[1]);
    // nanoTime() is CLOCK_MONOTONIC, so the difference is constant unless the machine suspends.
    offsetNs = Long.parseLong(arguments[2]);
    List<Candidate> candidates = new ArrayList<>();
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
    say("ready");
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      String[] words = line.split(" ");
      switch (words[0]) {
        case "candidate":
          candidates.add(new Candidate(candidates.size(), words[1]));
          candidates.get(candidates.size() - 1).stand();
          break;
        case "release":
          candidates.get(Integer.parseInt(words[1])).release();
          break;
        case "stand":
          candidates.get(Integer.parseInt(words[1])).stand();
          break;
        case "many":
          enterMany(words[1], Integer.parseInt(words[2]));
          break;
        case "quit":
          System.exit(0);
          break;
        default:
          System.err.println("unknown command " + words[0]);
          System.exit(1);
      }
    }
    System.exit(0);
  }
}
