/*
 * wan: the far link of the bed (see tests/bed).
 *
 *	wan serve SOCKET GATEWAY_NETNS REMOTE_NETNS
 *	wan control SOCKET COMMAND...
 *
 * "serve" makes a TUN device named wan in each of two network namespaces
 * (paths as in /proc/PID/ns/net) and carries packets between them, with the
 * delay, loss and so on that COMMANDs on SOCKET set.  It returns when both
 * devices and the socket are there, and goes on in the background.
 *
 * As on a network card, the kernel may leave checksums undone and, as long as
 * each packet fares like the next, hand over TCP segments in one large piece.
 *
 * Packets of one direction never overtake each other, jitter or not: what is
 * early waits for what is late, as in a queue of a real line.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEVICE "wan"
#define PACKET_MAX 65536 /* with the offload header */
#define NS_PER_MS 1000000
#define NS_PER_S 1000000000

/* Must hold the delay line: 400 ms at 2.5 Gbit/s. */
#define QUEUE_SIZE ((size_t)128 << 20)

/* With a rate: what would wait longer than this for the line is dropped. */
#define BACKLOG_MAX_NS NS_PER_S

/* Packets read in a row before the other direction has its turn. */
#define BURST 32

#define REQUEST_MAX 4096
#define REPLY_MAX 512

/* What the link is like; the same for both directions. */
struct settings {
	double loss;       /* 0 to 1 */
	int64_t delay_ns;  /* one way */
	int64_t jitter_ns; /* delay is uniform in delay_ns +- this */
	int64_t rate_kbit; /* 0: no limit */
	bool udp;
	bool up;
};

struct counters {
	uint64_t tcp_syn; /* connections begun from the gateway */
	uint64_t udp_packets;
	uint64_t packets;
	uint64_t bytes;
	uint64_t dropped;
};

/*
 * A packet in a queue.  What is read from and written to a TUN device is LEN
 * bytes from "offload" on; the IP packet follows the struct.
 */
struct packet {
	int64_t due_ns;
	size_t len;
	unsigned char padding[6];
	struct virtio_net_hdr offload;
};

#define OFFLOAD_SIZE sizeof(struct virtio_net_hdr)
#define PACKET_OFFSET offsetof(struct packet, offload)
_Static_assert(PACKET_OFFSET + OFFLOAD_SIZE == sizeof(struct packet),
    "the IP packet must follow the offload header");

#define RECORD_SIZE(len) ((PACKET_OFFSET + (len) + 15) & ~(size_t)15)
#define RECORD_MAX RECORD_SIZE(PACKET_MAX)

/*
 * A ring of records.  A record is never split: where one of RECORD_MAX would
 * not fit before the end, the ring wraps, and "wrapped_at" says where.
 */
struct queue {
	unsigned char *memory;
	size_t head;       /* next record to leave */
	size_t tail;       /* where the next one is put */
	bool wrapped;      /* is tail before head? */
	size_t wrapped_at; /* if so: where the upper part ends */
	size_t records;
};

/* One direction of the link. */
struct way {
	int from;
	int to;
	bool to_remote;
	struct queue queue;
	uint64_t random;
	int64_t last_due_ns;
	int64_t line_free_ns;
};

struct link {
	struct settings settings;
	struct counters counters;
	struct way ways[2];
};

static int64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* Return the next number of the generator at STATE (splitmix64), in [0, 1). */
static double
random_next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	return (double)(z >> 11) * 0x1p-53;
}

static void
link_seed(struct link *link, uint64_t seed)
{
	link->ways[0].random = seed;
	link->ways[1].random = ~seed;
}

/*
 * Return the packet to fill in at the tail of QUEUE, with room for PACKET_MAX
 * bytes, or NULL if there is none.  It is not in the queue before queue_push.
 */
static struct packet *
queue_slot(struct queue *queue)
{
	if (queue->records == 0) {
		queue->head = 0;
		queue->tail = 0;
		queue->wrapped = false;
	}
	if (!queue->wrapped && QUEUE_SIZE - queue->tail < RECORD_MAX) {
		queue->wrapped = true;
		queue->wrapped_at = queue->tail;
		queue->tail = 0;
	}
	if (queue->wrapped && queue->head - queue->tail < RECORD_MAX)
		return NULL;
	return (struct packet *)(void *)(queue->memory + queue->tail);
}

/* Put PACKET, which queue_slot gave and whose len is set now, in QUEUE. */
static void
queue_push(struct queue *queue, const struct packet *packet)
{
	queue->tail += RECORD_SIZE(packet->len);
	queue->records++;
}

/* Return the packet that leaves QUEUE next, or NULL. */
static struct packet *
queue_head(struct queue *queue)
{
	if (queue->records == 0)
		return NULL;
	if (queue->wrapped && queue->head == queue->wrapped_at) {
		queue->wrapped = false;
		queue->head = 0;
	}
	return (struct packet *)(void *)(queue->memory + queue->head);
}

/* Take PACKET, which queue_head gave, out of QUEUE. */
static void
queue_pop(struct queue *queue, const struct packet *packet)
{
	queue->head += RECORD_SIZE(packet->len);
	queue->records--;
}

/* Return what is read from and written to a TUN device. */
static unsigned char *
packet_frame(struct packet *packet)
{
	return (unsigned char *)packet + PACKET_OFFSET;
}

/* Return the bytes of the IP packet. */
static const unsigned char *
packet_bytes(const struct packet *packet)
{
	return (const unsigned char *)(packet + 1);
}

/* Return the length of the IP packet. */
static size_t
packet_size(const struct packet *packet)
{
	return packet->len - OFFLOAD_SIZE;
}

/* Return how many packets PACKET will be on the line. */
static uint64_t
packet_segments(const struct packet *packet)
{
	size_t headers = packet->offload.hdr_len;
	size_t segment = packet->offload.gso_size;

	if (packet->offload.gso_type == VIRTIO_NET_HDR_GSO_NONE ||
	    segment == 0 || packet_size(packet) <= headers)
		return 1;
	return (packet_size(packet) - headers + segment - 1) / segment;
}

/*
 * Find out the transport protocol of PACKET, and store its header's offset in
 * *OFFSET.  Returns -1 if it is neither IPv4 nor IPv6.  IPv6 extension headers
 * count as protocols.
 */
static int
packet_protocol(const struct packet *packet, size_t *offset)
{
	const unsigned char *bytes = packet_bytes(packet);

	if (packet_size(packet) >= 20 && bytes[0] >> 4 == 4) {
		*offset = (size_t)(bytes[0] & 0xf) * 4;
		return bytes[9];
	}
	if (packet_size(packet) >= 40 && bytes[0] >> 4 == 6) {
		*offset = 40;
		return bytes[6];
	}
	return -1;
}

static bool
packet_is_udp(const struct packet *packet)
{
	size_t offset;

	return packet_protocol(packet, &offset) == IPPROTO_UDP;
}

/* Does PACKET begin a TCP connection (SYN without ACK)? */
static bool
packet_is_syn(const struct packet *packet)
{
	enum {
		FLAGS = 13,
		SYN = 0x02,
		ACK = 0x10
	};
	size_t offset;

	return packet_protocol(packet, &offset) == IPPROTO_TCP &&
	    packet_size(packet) > offset + FLAGS &&
	    (packet_bytes(packet)[offset + FLAGS] & (SYN | ACK)) == SYN;
}

static void
link_count(struct link *link, const struct way *way,
    const struct packet *packet)
{
	link->counters.packets += packet_segments(packet);
	link->counters.bytes += packet_size(packet);
	if (packet_is_udp(packet))
		link->counters.udp_packets++;
	if (way->to_remote && packet_is_syn(packet))
		link->counters.tcp_syn++;
}

static void
link_drop(struct link *link, const struct packet *packet)
{
	link->counters.dropped += packet_segments(packet);
}

/* Does the state of LINK let PACKET pass at all? */
static bool
link_passes(const struct link *link, const struct packet *packet)
{
	return link->settings.up &&
	    (link->settings.udp || !packet_is_udp(packet));
}

/*
 * Decide what becomes of PACKET, which has come in on WAY: false if it is lost,
 * else its due_ns is set.
 */
static bool
link_schedule(const struct link *link, struct way *way, struct packet *packet)
{
	const struct settings *settings = &link->settings;
	int64_t now = now_ns();
	int64_t departs = now;
	int64_t takes = settings->delay_ns;

	if (!link_passes(link, packet))
		return false;
	if (settings->loss > 0 && random_next(&way->random) < settings->loss)
		return false;
	if (settings->rate_kbit > 0) {
		if (way->line_free_ns > departs)
			departs = way->line_free_ns;
		if (departs - now > BACKLOG_MAX_NS)
			return false;
		departs += (int64_t)packet_size(packet) * 8 * NS_PER_MS /
		    settings->rate_kbit;
		way->line_free_ns = departs;
	}
	if (settings->jitter_ns > 0)
		takes += (int64_t)((2 * random_next(&way->random) - 1) *
		    (double)settings->jitter_ns);
	packet->due_ns = departs + (takes > 0 ? takes : 0);
	if (packet->due_ns < way->last_due_ns)
		packet->due_ns = way->last_due_ns;
	way->last_due_ns = packet->due_ns;
	return true;
}

/* Let PACKET come out at the far end of WAY. */
static void
link_deliver(struct link *link, const struct way *way, struct packet *packet)
{
	if (!link_passes(link, packet) ||
	    write(way->to, packet_frame(packet), packet->len) < 0)
		link_drop(link, packet);
}

/* Take in what has arrived on WAY: at most BURST packets. */
static void
link_receive(struct link *link, struct way *way)
{
	static max_align_t overflow[RECORD_MAX / sizeof(max_align_t) + 1];

	for (int i = 0; i < BURST; i++) {
		struct packet *packet = queue_slot(&way->queue);
		bool full = packet == NULL;
		ssize_t len;

		if (full)
			packet = (struct packet *)(void *)overflow;
		len = read(way->from, packet_frame(packet), PACKET_MAX);
		if (len < (ssize_t)OFFLOAD_SIZE) {
			if (len < 0 && errno != EAGAIN && errno != EINTR &&
			    errno != EIO)
				exit(1);
			return;
		}
		packet->len = (size_t)len;
		link_count(link, way, packet);
		if (!link_schedule(link, way, packet) || full)
			link_drop(link, packet);
		else if (way->queue.records == 0 && packet->due_ns <= now_ns())
			link_deliver(link, way, packet);
		else
			queue_push(&way->queue, packet);
	}
}

/*
 * Deliver what is due on WAY: at most BURST packets.
 * Returns when the next one is due, or INT64_MAX if none is waiting.
 */
static int64_t
link_send_due(struct link *link, struct way *way)
{
	for (int i = 0;; i++) {
		struct packet *packet = queue_head(&way->queue);

		if (packet == NULL)
			return INT64_MAX;
		if (i == BURST || packet->due_ns > now_ns())
			return packet->due_ns;
		link_deliver(link, way, packet);
		queue_pop(&way->queue, packet);
	}
}

/* Take TCP in large pieces, or if each packet is judged alone, don't. */
static void
link_set_offload(const struct link *link)
{
	unsigned long offload = TUN_F_CSUM;

	if (link->settings.loss <= 0 && link->settings.rate_kbit == 0)
		offload |= TUN_F_TSO4 | TUN_F_TSO6;
	for (int i = 0; i < 2; i++)
		(void)ioctl(link->ways[i].from, TUNSETOFFLOAD, offload);
}

/* Parse VALUE, a number from 0 to MAX, into *OUT. */
static bool
parse_number(double *out, const char *value, double max)
{
	char *end;

	errno = 0;
	*out = strtod(value, &end);
	return end != value && *end == '\0' && errno == 0 && isfinite(*out) &&
	    *out >= 0 && *out <= max;
}

/*
 * A command on the control socket: does what it says to LINK.  VALUE is the
 * word after it, or NULL if the command takes none or there is none.
 * Writes what is to be printed, or what was expected instead of VALUE, to REPLY
 * (REPLY_MAX bytes).  Returns whether VALUE was right.
 */
typedef bool command_fn(struct link *link, const char *value, char *reply);

#define DELAY_MAX_MS 60000
#define RATE_MAX_KBIT 1e9

static bool
command_loss(struct link *link, const char *value, char *reply)
{
	double loss;

	snprintf(reply, REPLY_MAX, "a fraction from 0 to 1");
	if (!parse_number(&loss, value, 1))
		return false;
	link->settings.loss = loss;
	link_set_offload(link);
	return true;
}

static bool
parse_ms(int64_t *out_ns, const char *value, char *reply)
{
	double ms;

	snprintf(reply, REPLY_MAX, "milliseconds from 0 to %d", DELAY_MAX_MS);
	if (!parse_number(&ms, value, DELAY_MAX_MS))
		return false;
	*out_ns = (int64_t)(ms * NS_PER_MS);
	return true;
}

static bool
command_delay(struct link *link, const char *value, char *reply)
{
	return parse_ms(&link->settings.delay_ns, value, reply);
}

static bool
command_rtt(struct link *link, const char *value, char *reply)
{
	if (!parse_ms(&link->settings.delay_ns, value, reply))
		return false;
	link->settings.delay_ns /= 2;
	return true;
}

static bool
command_jitter(struct link *link, const char *value, char *reply)
{
	return parse_ms(&link->settings.jitter_ns, value, reply);
}

static bool
command_rate(struct link *link, const char *value, char *reply)
{
	double kbit;

	snprintf(reply, REPLY_MAX, "kbit/s, 0 for no limit");
	if (!parse_number(&kbit, value, RATE_MAX_KBIT) ||
	    (kbit > 0 && kbit < 1))
		return false;
	link->settings.rate_kbit = (int64_t)kbit;
	link->ways[0].line_free_ns = 0;
	link->ways[1].line_free_ns = 0;
	link_set_offload(link);
	return true;
}

static bool
command_udp(struct link *link, const char *value, char *reply)
{
	snprintf(reply, REPLY_MAX, "on or off");
	if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
		return false;
	link->settings.udp = strcmp(value, "on") == 0;
	return true;
}

static bool
command_seed(struct link *link, const char *value, char *reply)
{
	double seed;

	snprintf(reply, REPLY_MAX, "a number from 0 to 4294967295");
	if (!parse_number(&seed, value, UINT32_MAX))
		return false;
	link_seed(link, (uint64_t)seed);
	return true;
}

static bool
command_up(struct link *link, const char *value, char *reply)
{
	(void)value;
	(void)reply;
	link->settings.up = true;
	return true;
}

static bool
command_down(struct link *link, const char *value, char *reply)
{
	(void)value;
	(void)reply;
	link->settings.up = false;
	return true;
}

static bool
command_count(struct link *link, const char *value, char *reply)
{
	const struct counters *n = &link->counters;

	(void)value;
	snprintf(reply, REPLY_MAX,
	    "tcp_syn=%" PRIu64 " udp_packets=%" PRIu64 " packets=%" PRIu64
	    " bytes=%" PRIu64 " dropped=%" PRIu64 "\n",
	    n->tcp_syn, n->udp_packets, n->packets, n->bytes, n->dropped);
	return true;
}

static bool
command_reset(struct link *link, const char *value, char *reply)
{
	(void)value;
	(void)reply;
	link->counters = (struct counters){ 0 };
	return true;
}

static const struct command {
	const char *name;
	bool takes_value;
	bool prints;
	command_fn *run;
} commands[] = {
	{ "loss", true, false, command_loss },
	{ "delay", true, false, command_delay },
	{ "rtt", true, false, command_rtt },
	{ "jitter", true, false, command_jitter },
	{ "rate", true, false, command_rate },
	{ "udp", true, false, command_udp },
	{ "seed", true, false, command_seed },
	{ "up", false, false, command_up },
	{ "down", false, false, command_down },
	{ "count", false, true, command_count },
	{ "reset", false, false, command_reset },
};

static const struct command *
command_find(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/*
 * Do what REQUEST says: words, each ended by a NUL, LEN bytes in all.
 * Writes what is to be printed to REPLY (REPLY_MAX bytes): on stdout, or if
 * false is returned, on stderr.
 */
static bool
link_command(struct link *link, const char *request, size_t len, char *reply)
{
	char text[REPLY_MAX] = "";
	const char *word = request;
	const char *end = request + len;

	if (len == 0 || request[len - 1] != '\0') {
		snprintf(reply, REPLY_MAX, "no command given");
		return false;
	}
	while (word < end) {
		const struct command *command = command_find(word);
		const char *name = word;
		const char *value = NULL;

		word += strlen(word) + 1;
		if (command == NULL) {
			snprintf(reply, REPLY_MAX, "no command \"%.64s\"",
			    name);
			return false;
		}
		if (command->takes_value) {
			value = word < end ? word : "";
			word += strlen(value) + 1;
		}
		if (!command->run(link, value, text)) {
			snprintf(reply, REPLY_MAX,
			    "%s: \"%.64s\" is not %.128s", name, value, text);
			return false;
		}
		if (command->prints)
			snprintf(reply, REPLY_MAX, "%s", text);
	}
	return true;
}

/* Answer the request that has arrived on FD; false if there is no more. */
static bool
control_answer(struct link *link, int fd)
{
	char request[REQUEST_MAX];
	char reply[1 + REPLY_MAX] = "";
	ssize_t len = recv(fd, request, sizeof(request), MSG_DONTWAIT);
	bool ok;

	if (len <= 0)
		return len < 0 && (errno == EAGAIN || errno == EINTR);
	ok = link_command(link, request, (size_t)len, reply + 1);
	reply[0] = ok ? '+' : '-';
	send(fd, reply, 1 + strlen(reply + 1), MSG_DONTWAIT | MSG_NOSIGNAL);
	return false;
}

/* Carry packets and answer requests, one client at a time, for ever. */
static void
link_run(struct link *link, int listener)
{
	enum {
		WAY0,
		WAY1,
		CONTROL
	};
	int client = -1;

	for (;;) {
		struct pollfd fds[] = {
			[WAY0] = { .fd = link->ways[0].from, .events = POLLIN },
			[WAY1] = { .fd = link->ways[1].from, .events = POLLIN },
			[CONTROL] = { .fd = client >= 0 ? client : listener,
			    .events = POLLIN },
		};
		int64_t next_ns = INT64_MAX;
		int64_t wait_ns;
		struct timespec timeout;

		for (int i = 0; i < 2; i++) {
			int64_t due_ns = link_send_due(link, &link->ways[i]);

			if (due_ns < next_ns)
				next_ns = due_ns;
		}
		wait_ns = next_ns == INT64_MAX ? 0 : next_ns - now_ns();
		if (wait_ns < 0)
			wait_ns = 0;
		timeout.tv_sec = (time_t)(wait_ns / NS_PER_S);
		timeout.tv_nsec = (long)(wait_ns % NS_PER_S);
		if (ppoll(fds, 3, next_ns == INT64_MAX ? NULL : &timeout,
			NULL) <= 0)
			continue;
		if (fds[WAY0].revents != 0)
			link_receive(link, &link->ways[0]);
		if (fds[WAY1].revents != 0)
			link_receive(link, &link->ways[1]);
		if (fds[CONTROL].revents == 0)
			continue;
		if (client < 0) {
			client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		} else if (!control_answer(link, client)) {
			close(client);
			client = -1;
		}
	}
}

/* Make the TUN device in the network namespace NETNS and return its fd. */
static int
tun_open(const char *netns)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI |
		    IFF_VNET_HDR };
	int ns = open(netns, O_RDONLY | O_CLOEXEC);
	int fd;

	if (ns < 0)
		err(1, "%s", netns);
	if (setns(ns, CLONE_NEWNET) < 0)
		err(1, "cannot enter the network namespace %s", netns);
	close(ns);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		err(1, "cannot make a TUN device: /dev/net/tun");
	memcpy(request.ifr_name, DEVICE, sizeof(DEVICE));
	if (ioctl(fd, TUNSETIFF, &request) < 0)
		err(1, "cannot make a TUN device");
	return fd;
}

static struct sockaddr_un
control_address(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path))
		errx(2, "%s: too long for a socket", path);
	memcpy(address.sun_path, path, strlen(path));
	return address;
}

static int
serve(const char *path, const char *gateway, const char *remote)
{
	static struct link link = { .settings = { .udp = true, .up = true } };
	struct sockaddr_un address = control_address(path);
	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	uint64_t seed;

	if (listener < 0 ||
	    bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, SOMAXCONN) < 0)
		err(1, "%s", path);
	link.ways[0].from = tun_open(gateway);
	link.ways[1].from = tun_open(remote);
	link.ways[0].to = link.ways[1].from;
	link.ways[1].to = link.ways[0].from;
	link.ways[0].to_remote = true;
	link_set_offload(&link);
	for (int i = 0; i < 2; i++) {
		void *memory = mmap(NULL, QUEUE_SIZE, PROT_READ | PROT_WRITE,
		    /* cppcheck-suppress invalidFunctionArg */
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (memory == MAP_FAILED)
			err(1, "no memory for the queue");
		link.ways[i].queue.memory = memory;
	}
	if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		err(1, "no random numbers");
	link_seed(&link, seed);
	if (daemon(0, 0) < 0)
		err(1, "cannot go to the background");
	prctl(PR_SET_TIMERSLACK, 1UL);
	/* Delays are to be right on a busy machine, too; if not, so be it. */
	(void)setpriority(PRIO_PROCESS, 0, -20);
	link_run(&link, listener);
	return 1;
}

static int
control(const char *path, char **words, int count)
{
	struct sockaddr_un address = control_address(path);
	char request[REQUEST_MAX];
	char reply[1 + REPLY_MAX];
	size_t used = 0;
	ssize_t len;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	for (int i = 0; i < count; i++) {
		size_t size = strlen(words[i]) + 1;

		if (size > sizeof(request) - used)
			errx(2, "too many words");
		memcpy(request + used, words[i], size);
		used += size;
	}
	if (fd < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    send(fd, request, used, MSG_NOSIGNAL) < 0 ||
	    (len = recv(fd, reply, sizeof(reply) - 1, 0)) < 0)
		err(1, "%s", path);
	if (len == 0)
		errx(1, "%s: no answer", path);
	reply[len] = '\0';
	if (reply[0] != '+')
		errx(2, "%s", reply + 1);
	fputs(reply + 1, stdout);
	return fflush(stdout) == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "serve") == 0)
		return serve(argv[2], argv[3], argv[4]);
	if (argc > 3 && strcmp(argv[1], "control") == 0)
		return control(argv[2], argv + 3, argc - 3);
	fputs("usage: wan serve SOCKET GATEWAY_NETNS REMOTE_NETNS\n"
	      "       wan control SOCKET loss FRACTION | delay MS | rtt MS |"
	      " jitter MS |\n"
	      "           rate KBIT | udp on|off | seed N | up | down |"
	      " count | reset ...\n",
	    stderr);
	return 2;
}
